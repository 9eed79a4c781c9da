{% macro wilson_lower(x, n, z=none) -%}
    {#-
    Lower limit of one rate by the score method.

    x: SQL of a count of events.
    n: SQL of the base.
    z: SQL of a normal quantile; that of a two-sided 95% interval unless given.
    Returns: SQL of a double from 0 to 1, exactly 0 where there are no events; NULL where a count is missing, the base is
    0 or the events do not lie between 0 and the base.
    Source: Wilson (1927), written as the product of both roots over the larger one.
    Why: it has a width where nobody and where everybody has the event, and that way of writing it loses no digits where
    events are rare.
    -#}
    {%- set quantile = double(z or var('z_95')) -%}
    {%- set events, base = double(x), double(n) -%}
    case when {{ x }} between 0 and {{ n }} then 1 end
    * {{ events }} * {{ events }} / nullif({{ base }}, 0)
    / ({{ wilson_larger_root(events, base, quantile) }})
{%- endmacro %}


{% macro wilson_upper(x, n, z=none) -%}
    {#-
    Upper limit of one rate by the score method.

    x: SQL of a count of events.
    n: SQL of the base.
    z: SQL of a normal quantile; that of a two-sided 95% interval unless given.
    Returns: SQL of a double from 0 to 1, exactly 1 where everybody has the event; NULL where a count is missing, the base
    is 0 or the events do not lie between 0 and the base.
    Source: Wilson (1927).
    Why: as wilson_lower. The last bit of 1 is not left to rounding.
    -#}
    {%- set quantile = double(z or var('z_95')) -%}
    {%- set events, base = double(x), double(n) -%}
    coalesce(
        case when {{ x }} = {{ n }} and {{ n }} > 0 then 1 end,
        case when {{ x }} between 0 and {{ n }} and {{ n }} > 0 then 1 end
        * ({{ wilson_larger_root(events, base, quantile) }})
        / ({{ base }} + {{ quantile }} * {{ quantile }})
    )
{%- endmacro %}


{% macro wilson_larger_root(events, base, quantile) -%}
    {#-
    The larger root of the score method's quadratic, times what it is to be divided by.

    events: SQL of a double.
    base: SQL of a double.
    quantile: SQL of a double.
    Returns: SQL of a double: events + z^2/2 + z sqrt(events (base - events) / base + z^2/4).
    Source: Wilson (1927).
    Why: both limits share it.
    -#}
    {{ events }} + {{ quantile }} * {{ quantile }} / 2
    + {{ quantile }} * sqrt(greatest(
        {{ events }} * ({{ base }} - {{ events }}) / nullif({{ base }}, 0) + {{ quantile }} * {{ quantile }} / 4,
        0
    ))
{%- endmacro %}


{% macro newcombe_difference_lower(x1, n1, x2, n2) -%}
    {#-
    Lower 95% limit of the difference of two independent rates.

    x1, n1: SQL of the events and the base of the rate that the other is taken from.
    x2, n2: SQL of the events and the base of the rate that is taken off.
    Returns: SQL of a double from -1 to 1; NULL where not calculable (see is_calculable).
    Source: Newcombe (1998), method 10: the hybrid of two Wilson intervals.
    Why: the change in one group's rate between two years, with a width where a year has no events.
    -#}
    case when {{ is_calculable(x1, n1, x2, n2) }} then 1 end
    * (
        {{ rate(x1, n1) | indent(8) }}
        - {{ rate(x2, n2) | indent(8) }}
        - sqrt(
            power(({{ rate(x1, n1) | indent(12) }}) - ({{ wilson_lower(x1, n1) | indent(12) }}), 2)
            + power(({{ wilson_upper(x2, n2) | indent(12) }}) - ({{ rate(x2, n2) | indent(12) }}), 2)
        )
    )
{%- endmacro %}


{% macro newcombe_difference_upper(x1, n1, x2, n2) -%}
    {#-
    Upper 95% limit of the difference of two independent rates.

    x1, n1: SQL of the events and the base of the rate that the other is taken from.
    x2, n2: SQL of the events and the base of the rate that is taken off.
    Returns: SQL of a double from -1 to 1; NULL where not calculable (see is_calculable).
    Source: Newcombe (1998), method 10.
    Why: the method is symmetric, so this is the lower limit of the opposite difference, turned round.
    -#}
    -1 * {{ newcombe_difference_lower(x2, n2, x1, n1) }}
{%- endmacro %}
