{% materialization view, adapter='duckdb' -%}
    {#- A view, made in place of what has its name. -#}
    {%- set relation = this.incorporate(type='view') -%}
    {%- do duckdb_made(relation, create_view_as(relation, compiled_code)) -%}
    {{- return({'relations': [relation]}) -}}
{%- endmaterialization %}
