-- The detailed groups that a scheme gives make its major groups, and these make minority ethnic.
-- What the counts are of is told apart by one number: where two shared it, the sum would be too large and be told.
{%- set key = (
    "collection", "dataset", "collection_year", "area_level", "area_code", "service", "measure", "breakdown",
) %}
with

headcounts as (

    select
        {{ row_hash(key) }} as key_hash,
        ethnic_scheme,
        ethnic_value,
        value
    from {{ ref('headcount') }}
    where is_by_ethnic_group and value is not null and {{ is_year_to_build() }}

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
        headcounts.key_hash,
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
        key_hash,
        major_group as comparison_group,
        sum(value) as people
    from cells
    where major_group is not null and major_group != headline_group
    group by
        key_hash,
        major_group

    union all

    select
        key_hash,
        headline_group as comparison_group,
        sum(value) as people
    from cells
    group by
        key_hash,
        headline_group

    union all

    select
        key_hash,
        ethnic_group as comparison_group,
        sum(value) as people
    from cells
    where level = 'detailed'
    group by
        key_hash,
        ethnic_group

    union all

    -- White minorities are all of white but White British.
    select
        key_hash,
        'white_minority' as comparison_group,
        sum(case when ethnic_group != 'white_british' then value end) as people
    from cells
    where level = 'detailed' and major_group = 'white'
    group by key_hash

),

groups as (

    select
        *,
        {{ row_hash(key) }} as key_hash
    from {{ ref('group_headcount') }}
    where people is not null and {{ is_year_to_build() }}

),

of_major_groups as (

    select
        key_hash,
        sum(case when comparison_group in ('asian', 'black', 'mixed', 'other') then people end) as people,
        max(case when comparison_group = 'minority_ethnic' then people end) as minority_ethnic
    from groups
    group by key_hash
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
            groups.key_hash = added.key_hash
            and groups.comparison_group = added.comparison_group
    where
        groups.comparison_group not in ('unknown', 'known', 'total')
        and (added.people is null or groups.people != added.people)

    union all

    select
        {% for column in key -%}
        groups.{{ column }},
        {% endfor -%}
        'minority_ethnic' as comparison_group,
        of_major_groups.minority_ethnic as people,
        of_major_groups.people as people_added
    from of_major_groups
    inner join groups
        on
            of_major_groups.key_hash = groups.key_hash
            and groups.comparison_group = 'asian'
    where of_major_groups.minority_ethnic is null or of_major_groups.minority_ethnic != of_major_groups.people

)

select * from final
