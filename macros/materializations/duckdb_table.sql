{% materialization table, adapter='duckdb' -%}
    {#- A table, made in place of what has its name. -#}
    {%- set relation = this.incorporate(type='table') -%}
    {%- do duckdb_made(relation, create_table_as(False, relation, compiled_code)) -%}
    {{- return({'relations': [relation]}) -}}
{%- endmaterialization %}
