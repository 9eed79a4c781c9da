{% macro benjamini_hochberg(relation, p_value, family) -%}
    {#-
    The false-discovery rate at which each p-value of a family of tests would just stand out.

    relation: name of a CTE or relation with the p-value and the columns of the family, none of which is null.
    p_value: name of the column of p-values.
    family: list of the columns that name the family that a test belongs to.
    Returns: a select, to be the body of a CTE, one row for each p-value of a family, however many tests have it:
        the columns of the family and the p-value, by which to join;
        q_value, from the p-value to 1;
        tests_in_family, the number of tests that q_value allows for.
        What was not tested, and has no p-value, is in no family.
    Source: Benjamini and Hochberg (1995); as an adjusted value, Yekutieli and Benjamini (1999).
    Why: of some 700 tests a year about 35 have p below 0.05 by chance alone. Equal p-values share one rank, the last, and
    one q: so each is ranked once, in its family's number, which is sorted faster than its name.
    -#}
    {%- set family_columns = family | join(',\n            ') -%}
    with

    tested_p_values as (

        select
            {{ family_columns }},
            {{ p_value }} as p_value,
            count(*) as tests
        from {{ relation }}
        where {{ p_value }} is not null
        group by
            {{ family_columns }},
            {{ p_value }}

    ),

    families as (

        select
            {{ family_columns }},
            sum(tests) as tests_in_family,
            row_number() over (order by {{ family | join(', ') }}) as family_number
        from tested_p_values
        group by
            {{ family_columns }}

    ),

    ranked_p_values as (

        select
            families.family_number,
            tested_p_values.p_value,
            families.tests_in_family,
            sum(tested_p_values.tests) over (
                partition by families.family_number order by tested_p_values.p_value
            ) as p_rank
        from tested_p_values
        inner join families
            on {{ same_columns('tested_p_values', 'families', family) }}

    ),

    -- A p-value of rank r is the r-th of m, which chance alone would put at r / m.
    adjusted_p_values as (

        select
            family_number,
            p_value,
            cast(tests_in_family as bigint) as tests_in_family,
            min(p_value * ({{ double('tests_in_family') }} / p_rank)) over (
                partition by family_number order by p_value desc
            ) as q_value
        from ranked_p_values

    ),

    final as (

        select
            {% for column in family -%}
            families.{{ column }},
            {% endfor -%}
            adjusted_p_values.p_value,
            adjusted_p_values.q_value,
            adjusted_p_values.tests_in_family
        from adjusted_p_values
        inner join families
            on adjusted_p_values.family_number = families.family_number

    )

    select * from final
{%- endmacro %}
