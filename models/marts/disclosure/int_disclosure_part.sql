-- Which of the finest counts each cell adds up.
with

cells as (

    select distinct
        {% for column in ("collection", "collection_year", "panel", "counted_year", "area_level", "area_code",
            "service", "indicator_code", "breakdown", "comparison_group", "reference_group", "place") -%}
        {{ column }},
        {% endfor -%}
        cell_id
    from {{ ref('int_disclosure_cell') }}

),

members as (

    select * from {{ ref('int_disclosure_member') }}

),

groups_of as (

    select
        ethnic_group,
        headline_group
    from {{ ref('ethnic_group_register') }}
    where level = 'major'

),

counts as (

    select * from {{ ref('int_disclosure_count') }}

),

-- One of the figures that show the cell is enough to tell what is in it.
shown as (

    select
        cells.cell_id,
        members.counted_year,
        members.organisation_code,
        members.member_service,
        members.measure,
        members.measure_breakdown,
        members.ethnic_group
    from cells
    inner join members
        on
            cells.collection = members.collection
            and cells.collection_year = members.collection_year
            and cells.panel = members.panel
            and cells.counted_year = members.counted_year
            and cells.area_level = members.area_level
            and cells.area_code = members.area_code
            and cells.service = members.service
            and cells.indicator_code = members.indicator_code
            and cells.breakdown = members.breakdown
            and cells.comparison_group = members.comparison_group
            and cells.reference_group = members.reference_group
            and cells.place = members.place

),

final as (

    select distinct
        shown.cell_id,
        counts.count_id
    from shown
    inner join counts
        on
            shown.counted_year = counts.counted_year
            and shown.organisation_code = counts.organisation_code
            and shown.member_service = counts.member_service
            and shown.measure = counts.measure
            and shown.measure_breakdown = counts.measure_breakdown
    left join groups_of
        on counts.ethnic_group = groups_of.ethnic_group
    where
        shown.ethnic_group = counts.ethnic_group
        or shown.ethnic_group = groups_of.headline_group

)

select * from final
