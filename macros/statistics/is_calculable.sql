{% macro is_calculable(x1, n1, x2, n2) -%}
    {#-
    Whether four counts are a table of two groups: each base above 0, each count of events from 0 to its base.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    Returns: SQL of a boolean; false or NULL where a count is missing or impossible.
    Why: every formula here answers NULL for such a row, never an error and never a number.
    -#}
    ({{ n1 }} > 0 and {{ n2 }} > 0 and {{ x1 }} between 0 and {{ n1 }} and {{ x2 }} between 0 and {{ n2 }})
{%- endmacro %}
