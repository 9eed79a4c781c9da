{% macro relative_likelihood(x1, n1, x2, n2) -%}
    {#-
    The rate of the comparison group divided by the rate of the reference group.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    Returns: SQL of a double, 0 or more; NULL where not calculable or where the reference group has no events.
    Source: NHS Workforce Race Equality Standard, technical guidance (NHS England).
    Why: one division of exact products, so that a ratio of exactly 0.8 or 1.25 is on its threshold and not beside it.
    -#}
    case
        when {{ is_calculable(x1, n1, x2, n2) }}
            then {{ double(x1) }} * {{ n2 }} / nullif({{ double(x2) }} * {{ n1 }}, 0)
    end
{%- endmacro %}
