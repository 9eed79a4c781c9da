-- Each filled cell of the tables of a current return, totals left out, with what it counts in words. A view: what these
-- words cost to write is more than to put them to a count again.
{{ config(materialized='view') }}
with

headcounts as (

    select
        submission_id,
        collection_year,
        service,
        sheet,
        cell,
        measure,
        breakdown,
        ethnic_scheme,
        ethnic_value,
        value,
        value_note
    from {{ ref('headcount') }}
    where collection = 'sc-wres' and ethnic_value != 'Total'

),

measures as (

    select
        measure,
        measure_name
    from {{ ref('measure') }}

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

final as (

    select
        headcounts.submission_id,
        headcounts.collection_year,
        headcounts.service,
        headcounts.sheet,
        headcounts.cell,
        headcounts.measure,
        headcounts.breakdown,
        measures.measure_name,
        measures.measure_name
        || case when headcounts.breakdown = 'all' then '' else ', ' || headcounts.breakdown end as column_name,
        headcounts.measure || ' | ' || headcounts.breakdown || ' | ' || headcounts.ethnic_value as subject,
        headcounts.ethnic_scheme,
        headcounts.ethnic_value,
        ethnic_groups.level,
        ethnic_groups.major_group,
        ethnic_groups.headline_group,
        cast(headcounts.value as bigint) as people,
        headcounts.value_note
    from headcounts
    inner join measures
        on headcounts.measure = measures.measure
    left join mapping
        on
            headcounts.ethnic_scheme = mapping.scheme
            and headcounts.ethnic_value = mapping.value
    left join ethnic_groups
        on mapping.ethnic_group = ethnic_groups.ethnic_group

)

select * from final
