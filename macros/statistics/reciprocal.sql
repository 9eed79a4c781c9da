{% macro reciprocal(expression) -%}
    {#-
    One over a number.

    expression: SQL of a number.
    Returns: SQL of a double; NULL where the number is zero or NULL.
    Source: arithmetic.
    Why: division by zero raises on some engines and is infinite on others.
    -#}
    (1 / nullif({{ double(expression) }}, 0))
{%- endmacro %}
