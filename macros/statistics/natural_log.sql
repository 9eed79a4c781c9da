{% macro natural_log(expression) -%}
    {#-
    The natural logarithm, NULL where there is none.

    expression: SQL of a double.
    Returns: SQL of a double; NULL where the expression is NULL, zero or negative.
    Why: engines raise on ln(0), and may evaluate it in a case branch that is not taken.
    -#}
    ln(nullif(greatest({{ expression }}, 0), 0))
{%- endmacro %}
