{% macro benjamini_hochberg(relation, p_value, family, tests='1') -%}
    {#-
    The false-discovery rate at which each p-value of a family of tests would just stand out.

    relation: name of a CTE or relation with the p-value and the column of the family.
    p_value: name of the column of p-values.
    family: name of the column that numbers the family that a test belongs to; not null.
    tests: SQL of how many tests a row stands for; one unless given.
    Returns: a select, to be the body of a CTE, one row for each p-value of a family, however many tests have it:
        the column of the family and p_value, by which to join;
        q_value, from the p-value to 1;
        tests_in_family, the number of tests that q_value allows for.
        What was not tested, and has no p-value, is in no family.
    Source: Benjamini and Hochberg (1995); as an adjusted value, Yekutieli and Benjamini (1999).
    Why: of some 700 tests a year about 35 have p below 0.05 by chance alone. Equal p-values share one rank, the last, and
    one q: so each is ranked once. A family is a number, which is sorted and joined faster than its name.
    -#}
    with

    tested_p_values as (

        select
            {{ family }},
            {{ p_value }} as p_value,
            cast(sum({{ tests }}) as bigint) as tests
        from {{ relation }}
        where {{ p_value }} is not null
        group by
            {{ family }},
            {{ p_value }}

    ),

    ranked_p_values as (

        select
            {{ family }},
            p_value,
            sum(tests) over (partition by {{ family }} order by p_value) as p_rank,
            sum(tests) over (partition by {{ family }}) as tests_in_family
        from tested_p_values

    ),

    -- A p-value of rank r is the r-th of m, which chance alone would put at r / m.
    final as (

        select
            {{ family }},
            p_value,
            cast(tests_in_family as bigint) as tests_in_family,
            min(p_value * ({{ double('tests_in_family') }} / p_rank)) over (
                partition by {{ family }} order by p_value desc
            ) as q_value
        from ranked_p_values

    )

    select * from final
{%- endmacro %}
