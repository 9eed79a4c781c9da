{% macro forget_build() %}
    {#-
    Take away what was written down of what the warehouse was built from, when a run may make it another.

    Returns: SQL, run at the start of a run; empty where it takes up no model that keeps rows.
    Why: `wres build` keeps the years that nothing has touched, and `wres publish` says what a release was made from. Both
        believe that record, which must not outlive a run that `wres build` did not start.
    -#}
    {%- if execute -%}
        {%- set kept = graph.nodes.values() | selectattr('config.materialized', 'equalto', 'incremental') -%}
        {%- if kept | map(attribute='unique_id') | select('in', selected_resources) | list -%}
            drop table if exists operations.last_build
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
