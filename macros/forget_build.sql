{% macro forget_build() %}
    {#-
    Take away what was written down of what the warehouse was built from, when a run may make it another.

    Returns: nothing; called at the start of a run.
    Why: `wres build` keeps the years that nothing has touched, and `wres publish` says what a release was made from. Both
        believe that record, which must not outlive a run that `wres build` did not start.
    -#}
    {%- if execute -%}
        {%- set built = graph.nodes.values() | selectattr('config.materialized', 'equalto', 'incremental') -%}
        {%- if built | map(attribute='unique_id') | select('in', selected_resources) | list -%}
            {%- set record = adapter.get_relation(target.database, 'operations', 'made_from') -%}
            {%- if record is not none -%}
                {%- do adapter.drop_relation(record) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
