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

-- By each value's own place in the list of groups: which groups it is a part of. White minorities are all of white but
-- White British.
places as (

    {% for comparison_group, condition in (
        ("ethnic_groups.headline_group", "true"),
        ("ethnic_groups.major_group", "ethnic_groups.major_group != ethnic_groups.headline_group"),
        ("ethnic_groups.ethnic_group", "ethnic_groups.level = 'detailed'"),
        ("'white_minority'", "ethnic_groups.level = 'detailed' and ethnic_groups.major_group = 'white'"
            " and ethnic_groups.ethnic_group != 'white_british'"),
    ) -%}
    select
        mapping.scheme,
        mapping.value,
        {{ comparison_group }} as comparison_group
    from mapping
    inner join ethnic_groups
        on mapping.ethnic_group = ethnic_groups.ethnic_group
    where ethnic_groups.headline_group is not null and {{ condition }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {% endfor %}

),

-- Straight from the cells.
added as (

    select
        headcounts.key_hash,
        places.comparison_group,
        sum(headcounts.value) as people
    from headcounts
    inner join places
        on
            headcounts.ethnic_scheme = places.scheme
            and headcounts.ethnic_value = places.value
    group by
        headcounts.key_hash,
        places.comparison_group

),

groups as (

    select
        {{ row_hash(key) }} as key_hash,
        comparison_group,
        people
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

wrong as (

    select
        groups.key_hash,
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
        key_hash,
        'minority_ethnic' as comparison_group,
        minority_ethnic as people,
        people as people_added
    from of_major_groups
    where minority_ethnic is null or minority_ethnic != people

),

final as (

    select distinct
        {% for column in key -%}
        group_headcounts.{{ column }},
        {% endfor -%}
        wrong.comparison_group,
        wrong.people,
        wrong.people_added
    from {{ ref('group_headcount') }} as group_headcounts
    inner join wrong
        on {{ row_hash(key) }} = wrong.key_hash
    where {{ is_year_to_build() }}

)

select * from final
