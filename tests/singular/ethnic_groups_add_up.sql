-- The detailed groups that a scheme gives make its major groups, and these make minority ethnic.
{%- set key = (
    "collection", "dataset", "collection_year", "area_level", "area_code", "service", "measure", "breakdown",
) %}
with

headcounts as (

    select * from {{ ref('headcount') }}
    where is_by_ethnic_group and value is not null

),

mapping as (

    select
        scheme,
        value,
        ethnic_group
    from {{ ref('ethnic_group_mapping') }}

),

ethnic_groups as (

    select
        ethnic_group,
        level,
        major_group,
        headline_group
    from {{ ref('ethnic_group_register') }}

),

-- Straight from the cells, by each value's own place in the list of groups.
cells as (

    select
        {% for column in key -%}
        headcounts.{{ column }},
        {% endfor -%}
        mapping.ethnic_group,
        ethnic_groups.level,
        ethnic_groups.major_group,
        ethnic_groups.headline_group,
        headcounts.value
    from headcounts
    inner join mapping
        on
            headcounts.ethnic_scheme = mapping.scheme
            and headcounts.ethnic_value = mapping.value
    inner join ethnic_groups
        on mapping.ethnic_group = ethnic_groups.ethnic_group
    where ethnic_groups.headline_group is not null

),

added as (

    select
        {% for column in key -%}
        {{ column }},
        {% endfor -%}
        major_group as comparison_group,
        sum(value) as people
    from cells
    where major_group is not null and major_group != headline_group
    group by
        {{ key | join(',\n        ') }},
        major_group

    union all

    select
        {% for column in key -%}
        {{ column }},
        {% endfor -%}
        headline_group as comparison_group,
        sum(value) as people
    from cells
    group by
        {{ key | join(',\n        ') }},
        headline_group

    union all

    select
        {% for column in key -%}
        {{ column }},
        {% endfor -%}
        ethnic_group as comparison_group,
        sum(value) as people
    from cells
    where level = 'detailed'
    group by
        {{ key | join(',\n        ') }},
        ethnic_group

    union all

    -- White minorities are all of white but White British.
    select
        {% for column in key -%}
        {{ column }},
        {% endfor -%}
        'white_minority' as comparison_group,
        sum(case when ethnic_group != 'white_british' then value end) as people
    from cells
    where level = 'detailed' and major_group = 'white'
    group by
        {{ key | join(',\n        ') }}

),

groups as (

    select * from {{ ref('group_headcount') }}
    where people is not null

),

of_major_groups as (

    select
        {{ key | join(',\n        ') }},
        sum(case when comparison_group in ('asian', 'black', 'mixed', 'other') then people end) as people,
        max(case when comparison_group = 'minority_ethnic' then people end) as minority_ethnic
    from groups
    group by
        {{ key | join(',\n        ') }}
    having count(case when comparison_group in ('asian', 'black', 'mixed', 'other') then 1 end) = 4

),

final as (

    select
        {% for column in key -%}
        groups.{{ column }},
        {% endfor -%}
        groups.comparison_group,
        groups.people,
        added.people as people_added
    from groups
    left join added
        on
            {% for column in key -%}
            groups.{{ column }} = added.{{ column }}
            and {% endfor -%}
            groups.comparison_group = added.comparison_group
    where
        groups.comparison_group not in ('unknown', 'known', 'total')
        and (added.people is null or groups.people != added.people)

    union all

    select
        {% for column in key -%}
        {{ column }},
        {% endfor -%}
        'minority_ethnic' as comparison_group,
        minority_ethnic as people,
        people as people_added
    from of_major_groups
    where minority_ethnic is null or minority_ethnic != people

)

select * from final
