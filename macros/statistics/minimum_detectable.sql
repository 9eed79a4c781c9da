{% macro minimum_detectable(relation, key) -%}
    {#-
    The least relative likelihood above 1 that bases of this size would find clear four times in five.

    relation: name of a CTE or relation with the columns n1, n2, x2 (the bases of both groups and the events of the
    reference group, whose rate is taken as the true one) and the key.
    key: name of the column that is unique to a row.
    Returns: a select, to be the body of a CTE, one row a row of the relation:
        the key;
        minimum_detectable, above 1; NULL where a count is missing or impossible, where nobody or everybody in the
        reference group has the event, and where no rate up to 100% of the comparison group would be found so often.
    Source: normal approximation to the power of a two-sided 5% test of two proportions, pooled variance under the null
    (Fleiss, Levin and Paik 2003, chapter 4); power 80%, the variables z_95 and z_power. Only findings in the right
    direction count.
    Why: 'not clear' beside a least detectable 2.8 does not mean equal. The shortfall of the difference against what is
    needed is convex in the comparison group's rate and below 0 at equality, so it has one root at most, and Newton's
    steps from 100% go down to it without overshooting. Eleven are enough: tests compare them with a root finder.
    -#}
    {%- set z, z_power = double(var('z_95')), double(var('z_power')) -%}
    {%- set is_possible = 'n1 > 0 and x2 > 0 and x2 < n2' %}
    with

    power_steps_0 {{ materialized() }} (

        select
            {{ key }},
            {{ double('n1') }} as n1,
            {{ double('n2') }} as n2,
            case when {{ is_possible }} then {{ double('x2') }} / n2 end as base_rate,
            case when {{ is_possible }} then {{ double('1') }} end as rate
        from {{ relation }}

    ),

    {% for step in range(1, 12) -%}
    -- The pooled rate, and both standard errors of the difference at the rate reached.
    power_errors_{{ step }} {{ materialized() }} (

        select
            {{ key }},
            n1,
            n2,
            base_rate,
            rate,
            (n1 * rate + n2 * base_rate) / (n1 + n2) as pooled_rate,
            sqrt(
                (n1 * rate + n2 * base_rate) * (n1 * (1 - rate) + n2 * (1 - base_rate)) / (n1 * n2 * (n1 + n2))
            ) as null_error,
            sqrt(rate * (1 - rate) / n1 + base_rate * (1 - base_rate) / n2) as true_error
        from power_steps_{{ step - 1 }}

    ),

    power_steps_{{ step }} {{ materialized() }} (

        select
            {{ key }},
            n1,
            n2,
            base_rate,
            {% if step == 1 -%}
            -- NULL where not even everybody in the comparison group would be enough.
            case when 1 - base_rate >= {{ z }} * null_error + {{ z_power }} * true_error then 1 end *
            {%- endif %}
            (
                rate - (rate - base_rate - {{ z }} * null_error - {{ z_power }} * true_error)
                / nullif(
                    1
                    - {{ z }} * (1 - 2 * pooled_rate) / (2 * n2 * null_error)
                    - {{ z_power }} * (1 - 2 * rate) / (2 * n1 * true_error),
                    0
                )
            ) as rate
        from power_errors_{{ step }}

    ),

    {% endfor -%}
    final as (

        select
            {{ key }},
            rate / base_rate as minimum_detectable
        from power_steps_11

    )

    select * from final
{%- endmacro %}
