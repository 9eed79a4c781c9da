{% macro kept_materialization() -%}
    {#-
    How a model is made that may keep rows of the last build.

    Returns: name of a materialization.
    Why: releases are made from DuckDB, and a table of its own engine is what `wres build` knows the origin of; elsewhere
        each build makes every table anew, and Spark's tables in process do not outlive it.
    -#}
    {{- return(adapter.dispatch('kept_materialization')()) -}}
{%- endmacro %}


{% macro default__kept_materialization() -%}
    {{- return('table') -}}
{%- endmacro %}


{% macro duckdb__kept_materialization() -%}
    {{- return('incremental') -}}
{%- endmacro %}
