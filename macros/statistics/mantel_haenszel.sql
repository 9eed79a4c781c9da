{% macro mantel_haenszel_ratio(x1, n1, x2, n2) -%}
    {#-
    The relative likelihood within strata, pooled over the rows of a group: an aggregate.

    x1, n1: SQL of the events and the base of the comparison group in a stratum.
    x2, n2: SQL of the events and the base of the reference group in the same stratum.
    Returns: SQL of a double, 0 or more; NULL where no stratum is calculable (see is_calculable), or none with people in
    the comparison group has an event in the reference group.
    Source: Mantel and Haenszel (1959), for a ratio of risks: Nurminen (1981).
    Why: a sum of counts also moves with where each group works; this compares only people of the same organisation.
    Organisations without events drop out by themselves, and no half event is needed.
    -#}
    {{ exact_sum(stratum_share(x1, n1, x2, n2, 'x1')) }}
    / nullif({{ exact_sum(stratum_share(x1, n1, x2, n2, 'x2')) }}, 0)
{%- endmacro %}


{% macro mantel_haenszel_log_variance(x1, n1, x2, n2) -%}
    {#-
    The variance of the logarithm of mantel_haenszel_ratio: an aggregate.

    x1, n1: SQL of the events and the base of the comparison group in a stratum.
    x2, n2: SQL of the events and the base of the reference group in the same stratum.
    Returns: SQL of a double above 0; NULL where the ratio or its reciprocal has none, and where each stratum has the
    event for nobody or for everybody: that is no proof that chance plays no part.
    Source: Greenland and Robins (1985), n1 n2 (x1 + x2) - x1 x2 N written without the subtraction's loss.
    Why: it holds both for few large strata and for many small ones.
    -#}
    nullif({{ exact_sum(stratum_share(x1, n1, x2, n2, 'variance')) }}, 0)
    / nullif(
        {{ exact_sum(stratum_share(x1, n1, x2, n2, 'x1')) | indent(8) }}
        * {{ exact_sum(stratum_share(x1, n1, x2, n2, 'x2')) | indent(8) }},
        0
    )
{%- endmacro %}


{% macro stratum_share(x1, n1, x2, n2, part) -%}
    {#-
    What one stratum adds to a Mantel-Haenszel sum.

    x1, n1: SQL of the events and the base of the comparison group in a stratum.
    x2, n2: SQL of the events and the base of the reference group in the same stratum.
    part: 'x1' for the upper half of the ratio, 'x2' for the lower half, 'variance' for the upper half of its variance.
    Returns: SQL of a double, 0 or more; NULL where not calculable.
    Source: Mantel and Haenszel (1959); Greenland and Robins (1985).
    Why: ratio and variance share the sums.
    -#}
    {%- set total = '(' ~ double(n1) ~ ' + ' ~ double(n2) ~ ')' -%}
    case
        when {{ is_calculable(x1, n1, x2, n2) }}
            then
                {%- if part == 'x1' %}
                {{ double(x1) }} * {{ double(n2) }} / nullif({{ total }}, 0)
                {%- elif part == 'x2' %}
                {{ double(x2) }} * {{ double(n1) }} / nullif({{ total }}, 0)
                {%- else %}
                (
                    {{ double(x1) }} * {{ double(n1) }} * {{ double(n2 ~ ' - ' ~ x2) }}
                    + {{ double(x2) }} * {{ double(n2) }} * {{ double(n1 ~ ' - ' ~ x1) }}
                ) / nullif({{ total }} * {{ total }}, 0)
                {%- endif %}
    end
{%- endmacro %}
