{% macro rank_interval(relation, key, member) -%}
    {#-
    The ranks that each member of a group may have, given joint intervals of their values.

    relation: name of a CTE or relation with the columns lower and upper (joint limits; no upper limit is NULL), the key
        and the member.
    key: name of the column that is the same for the rows of a group.
    member: name of the column that is unique to a row in a group.
    Returns: a select, to be the body of a CTE, one row a row of the relation: the key, the member, and
        rank_lower, one more than the members whose interval lies wholly below;
        rank_upper, the number of members whose interval does not lie wholly above; rank 1 is the lowest value.
        A row without a lower limit has neither, and is in nobody's count.
    Source: Klein, Wright and Wieczorek (2020), 'A joint confidence region for an overall ranking of populations'.
    Why: where the limits hold jointly so do the ranks. One pass over the limits in order, in place of every pair.
    -#}
    with

    rank_limits as (

        select
            {{ key }},
            {{ member }},
            lower as place,
            1 as is_lower,
            0 as is_upper
        from {{ relation }}
        where lower is not null

        union all

        select
            {{ key }},
            {{ member }},
            upper as place,
            0 as is_lower,
            1 as is_upper
        from {{ relation }}
        where lower is not null

    ),

    -- At the same place the lower limits come first: intervals that touch are not apart.
    rank_passed as (

        select
            {{ key }},
            {{ member }},
            is_lower,
            sum(is_lower) over (
                partition by {{ key }} order by place asc nulls last, is_upper asc
            ) as lowers_passed,
            sum(is_upper) over (
                partition by {{ key }} order by place asc nulls last, is_upper asc
            ) as uppers_passed
        from rank_limits

    ),

    rank_found as (

        select
            {{ key }},
            {{ member }},
            max(case when is_lower = 1 then 1 + uppers_passed end) as rank_lower,
            max(case when is_lower = 0 then lowers_passed end) as rank_upper
        from rank_passed
        group by
            {{ key }},
            {{ member }}

    ),

    final as (

        select
            ranked.{{ key }},
            ranked.{{ member }},
            cast(found.rank_lower as bigint) as rank_lower,
            cast(found.rank_upper as bigint) as rank_upper
        from {{ relation }} as ranked
        left join rank_found as found
            on
                ranked.{{ key }} = found.{{ key }}
                and ranked.{{ member }} = found.{{ member }}

    )

    select * from final
{%- endmacro %}


{% macro joint_quantile(members) -%}
    {#-
    The normal quantile by which independent 95% intervals of several values hold for all of them at once.

    members: SQL of the number of values, 1 or more, best a column: it is repeated.
    Returns: SQL of a double: 1.96 for one value, more for several.
    Source: Sidak (1967): each interval at the level 0.95 to the power of 1 / members; Klein and others (2020).
    Why: ranks compare every value with every other.
    -#}
    {%- set level = '((1 + power(' ~ double('9.5e-1') ~ ', 1 / nullif(' ~ double(members) ~ ', 0))) / 2)' -%}
    {{ normal_quantile(level) }}
{%- endmacro %}
