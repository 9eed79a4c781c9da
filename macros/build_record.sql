{% macro begin_build() %}
    {#-
    Write down that the warehouse is being built, in place of what it was built from, when a run may make it another.

    Returns: SQL, run at the start of a run; empty where it takes up no model that keeps rows.
    Why: `wres build` keeps the years that nothing has touched, and `wres publish` and `wres open` say what a release was
        made from. All believe that record, which must not outlive a run that `wres build` did not start; and of a run
        that failed or was killed some tables know of what came, and others not.
    -#}
    {%- if execute and kept_models() | select('in', selected_resources) | list -%}
        create schema if not exists operations;
        create or replace table operations.last_build as select '{}' as made_from, 'unfinished' as selector
    {%- endif -%}
{% endmacro %}


{% macro end_build() %}
    {#-
    Take away that the warehouse is being built, when a run has made all of it and nothing of that failed.

    Returns: SQL, run at the end of a run; empty after any other.
    Why: `wres build` then writes down what it was built from. After a run of dbt alone that is not known, and what is
        there is taken for it.
    -#}
    {%- if execute and kept_models() and not kept_models() | reject('in', selected_resources) | list -%}
        {%- if not results | selectattr('status', 'in', ['error', 'fail', 'runtime error', 'skipped']) | list -%}
            drop table if exists operations.last_build
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{% macro kept_models() %}
    {#-
    The models that keep rows of the last build.

    Returns: a list of unique ids; empty on an engine where each build makes every table anew.
    -#}
    {%- set kept = graph.nodes.values() | selectattr('config.materialized', 'equalto', 'incremental') -%}
    {{- return(kept | map(attribute='unique_id') | list) -}}
{% endmacro %}
