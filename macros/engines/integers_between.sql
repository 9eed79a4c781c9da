{% macro integers_between(first, last) -%}
    {#-
    One row for each integer from first to last, both included; used in a select list, beside the columns that repeat.

    first, last: SQL of integers.
    Returns: the SQL of a set-returning expression.
    Why: there is no standard one. The default is PostgreSQL's.
    -#}
    {{- adapter.dispatch('integers_between')(first, last) -}}
{%- endmacro %}


{% macro default__integers_between(first, last) -%}
    generate_series({{ first }}, {{ last }})
{%- endmacro %}


{% macro duckdb__integers_between(first, last) -%}
    unnest(range({{ first }}, {{ last }} + 1))
{%- endmacro %}


{% macro spark__integers_between(first, last) -%}
    explode(case when {{ first }} <= {{ last }} then sequence({{ first }}, {{ last }}) end)
{%- endmacro %}
