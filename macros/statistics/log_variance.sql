{% macro katz_variance(x1, n1, x2, n2) -%}
    {#-
    The variance of the logarithm of a relative likelihood.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    Returns: SQL of a double, 0 or more (0 where everyone in both groups has the event); NULL where not calculable and
    where a group has no events.
    Source: Katz, Baptista, Azen and Pike (1978); 1/x1 - 1/n1 + 1/x2 - 1/n2, written without the subtractions' loss.
    Why: for the p-value of a change between years, never for an interval.
    -#}
    case
        when {{ is_calculable(x1, n1, x2, n2) }}
            then
                {{ double(n1 ~ ' - ' ~ x1) }} / nullif({{ double(x1) }} * {{ double(n1) }}, 0)
                + {{ double(n2 ~ ' - ' ~ x2) }} / nullif({{ double(x2) }} * {{ double(n2) }}, 0)
    end
{%- endmacro %}


{% macro walter_variance(x1, n1, x2, n2) -%}
    {#-
    The variance of the logarithm of a relative likelihood with half an event added to every count and base.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    Returns: SQL of a double, 0 or more (0 where everyone in both groups has the event); NULL where not calculable.
    Source: Walter (1975); Pettigrew, Gart and Thomas (1986).
    Why: it exists in tables with zeros; for change, trend and pooling, not for display.
    -#}
    {%- set half = '5e-1' -%}
    case
        when {{ is_calculable(x1, n1, x2, n2) }}
            then
                {{ double(n1 ~ ' - ' ~ x1) }}
                / nullif(({{ double(x1) }} + {{ half }}) * ({{ double(n1) }} + {{ half }}), 0)
                + {{ double(n2 ~ ' - ' ~ x2) }}
                / nullif(({{ double(x2) }} + {{ half }}) * ({{ double(n2) }} + {{ half }}), 0)
    end
{%- endmacro %}


{% macro walter_log_ratio(x1, n1, x2, n2) -%}
    {#-
    The logarithm of a relative likelihood with half an event added to every count and base.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    Returns: SQL of a double; NULL where not calculable.
    Source: Walter (1975).
    Why: it exists in tables with zeros; for change, trend and pooling, not for display.
    -#}
    {%- set half = '5e-1' -%}
    {%- set ratio = '(' ~ double(x1) ~ ' + ' ~ half ~ ') * (' ~ double(n2) ~ ' + ' ~ half ~ ')'
        ~ ' / nullif((' ~ double(x2) ~ ' + ' ~ half ~ ') * (' ~ double(n1) ~ ' + ' ~ half ~ '), 0)' -%}
    case
        when {{ is_calculable(x1, n1, x2, n2) }}
            then {{ natural_log(ratio) }}
    end
{%- endmacro %}
