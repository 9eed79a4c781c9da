-- The gate's result for every hidden count that the release has a row for; it tells no hidden count from another.
with

cells as (

    select * from {{ ref('int_disclosure_cell') }}
    where area_level != 'organisation' or is_consent_given

),

gate as (

    select
        cell_id,
        attackers,
        is_protected
    from {{ source('open_release', 'gate') }}

),

areas as (

    select * from {{ ref('dim_area') }}

),

final as (

    select
        {{ open_place_columns('cells', 'areas') }},
        cells.service,
        cells.indicator_code,
        cells.breakdown,
        cells.comparison_group,
        cells.reference_group,
        cells.panel,
        cells.counted_year as counted_time_period,
        cells.place as count_name,
        gate.attackers,
        gate.is_protected
    from cells
    inner join gate
        on cells.cell_id = gate.cell_id
    left join areas
        on cells.area_code = areas.area_code

)

select * from final
order by
    time_period,
    geographic_level,
    region_code,
    new_la_code,
    service,
    indicator_code,
    breakdown,
    comparison_group,
    reference_group,
    panel,
    counted_time_period,
    count_name
