-- Which values of a scheme make up each group that is compared: the finest level given, added up, never split.
with

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

labelled as (

    select
        mapping.scheme,
        mapping.value,
        mapping.ethnic_group,
        ethnic_groups.level,
        ethnic_groups.major_group,
        ethnic_groups.headline_group
    from mapping
    inner join ethnic_groups
        on mapping.ethnic_group = ethnic_groups.ethnic_group

),

members as (

    select
        scheme,
        headline_group as comparison_group,
        value,
        ethnic_group
    from labelled
    where headline_group is not null

    union all

    select
        scheme,
        major_group as comparison_group,
        value,
        ethnic_group
    from labelled
    where major_group is not null and major_group != headline_group

    union all

    select
        scheme,
        'white_minority' as comparison_group,
        value,
        ethnic_group
    from labelled
    where level = 'detailed' and major_group = 'white' and ethnic_group != 'white_british'

    union all

    -- A detailed group, 'not known' and the totals that a publisher prints stand for themselves.
    select
        scheme,
        ethnic_group as comparison_group,
        value,
        ethnic_group
    from labelled
    where level in ('detailed', 'unknown', 'total')

),

final as (

    select
        scheme,
        comparison_group,
        value,
        ethnic_group,
        count(*) over (partition by scheme, comparison_group) as members
    from members

)

select * from final
