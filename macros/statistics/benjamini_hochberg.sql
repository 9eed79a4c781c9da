{% macro benjamini_hochberg(relation, key, p_value, family) -%}
    {#-
    The false-discovery rate at which each p-value of a family of tests would just stand out.

    relation: name of a CTE or relation with the key, the p-value and the columns of the family.
    key: name of the column that is unique to a row of a family.
    p_value: name of the column of p-values.
    family: list of the columns that name the family that a test belongs to.
    Returns: a select, to be the body of a CTE, one row a row of the relation:
        the key and the columns of the family;
        q_value, from the p-value to 1;
        tests_in_family, the number of p-values that q_value allows for.
        Both NULL where there is no p-value: what was not tested is in no family.
    Source: Benjamini and Hochberg (1995); as an adjusted value, Yekutieli and Benjamini (1999).
    Why: of some 700 tests a year about 35 have p below 0.05 by chance alone. Windows only, three sorts whatever the size;
    equal p-values share one rank, the last, and one q.
    -#}
    {%- set partition = 'partition by ' ~ family | join(', ') -%}
    with

    ranked_tests as (

        select
            {{ key }},
            {{ family | join(',\n            ') }},
            {{ p_value }} as p_value,
            count({{ p_value }}) over ({{ partition }}) as tests_in_family,
            -- The default frame ends with the last of equal values.
            count({{ p_value }}) over ({{ partition }} order by {{ p_value }}) as p_rank
        from {{ relation }}

    ),

    -- A p-value of rank r is the r-th of m, which chance alone would put at r / m.
    scaled_tests as (

        select
            {{ key }},
            {{ family | join(',\n            ') }},
            p_value,
            tests_in_family,
            p_value * ({{ double('tests_in_family') }} / nullif(p_rank, 0)) as scaled_p_value
        from ranked_tests

    ),

    adjusted_tests as (

        select
            {{ key }},
            {{ family | join(',\n            ') }},
            case
                when p_value is not null
                    then min(scaled_p_value) over ({{ partition }} order by p_value desc)
            end as q_value,
            case when p_value is not null then tests_in_family end as tests_in_family
        from scaled_tests

    )

    select * from adjusted_tests
{%- endmacro %}
