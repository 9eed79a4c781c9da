-- Counts of each compared group. A group is known only where each of its parts is: a blank is never a zero.
with

headcounts as (

    select
        collection,
        dataset,
        collection_year,
        area_level,
        area_code,
        service,
        measure,
        breakdown,
        ethnic_scheme,
        ethnic_value,
        value,
        value_note
    from {{ ref('headcount') }}
    where is_by_ethnic_group and ethnic_scheme is not null and {{ is_year_to_build() }}

),

members as (

    select
        scheme,
        comparison_group,
        value,
        members
    from {{ ref('comparison_group_member') }}

),

notes as (

    select
        value_note,
        precedence
    from {{ ref('value_note') }}

),

grouped as (

    select
        headcounts.collection,
        headcounts.dataset,
        headcounts.collection_year,
        headcounts.area_level,
        headcounts.area_code,
        headcounts.service,
        headcounts.measure,
        headcounts.breakdown,
        members.comparison_group,
        max(members.members) as members,
        count(headcounts.value) as members_given,
        sum(headcounts.value) as people,
        min(notes.precedence) as note_precedence
    from headcounts
    inner join members
        on
            headcounts.ethnic_scheme = members.scheme
            and headcounts.ethnic_value = members.value
    left join notes
        on headcounts.value_note = notes.value_note
    group by
        headcounts.collection,
        headcounts.dataset,
        headcounts.collection_year,
        headcounts.area_level,
        headcounts.area_code,
        headcounts.service,
        headcounts.measure,
        headcounts.breakdown,
        members.comparison_group

),

final as (

    select
        grouped.collection,
        grouped.dataset,
        grouped.collection_year,
        grouped.area_level,
        grouped.area_code,
        grouped.service,
        grouped.measure,
        grouped.breakdown,
        grouped.comparison_group,
        case when grouped.members_given = grouped.members then cast(grouped.people as bigint) end as people,
        case when grouped.members_given < grouped.members then coalesce(notes.value_note, 'blank') end as value_note
    from grouped
    left join notes
        on grouped.note_precedence = notes.precedence

)

{{ kept_by_year('final') }}
