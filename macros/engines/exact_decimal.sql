{% macro exact_decimal(expression) -%}
    {#-
    A double as a decimal of 18 places, with all its digits.

    expression: SQL of a double, at most 1e12 in absolute value.
    Returns: SQL of a decimal.
    Why: PostgreSQL's own cast keeps 15 digits of a double, which has up to 17; as a text it has them all.
    -#}
    {{- adapter.dispatch('exact_decimal')(expression) -}}
{%- endmacro %}


{% macro default__exact_decimal(expression) -%}
    cast({{ expression }} as decimal(38, 18))
{%- endmacro %}


{% macro postgres__exact_decimal(expression) -%}
    cast(cast({{ expression }} as text) as decimal(38, 18))
{%- endmacro %}
