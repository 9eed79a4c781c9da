with

progression as (

    select * from {{ ref('fct_pay_progression') }}

),

areas as (

    select
        area_code,
        area_name,
        region_code
    from {{ ref('dim_area') }}

),

final as (

    select
        progression.collection,
        progression.collection_year,
        progression.area_level,
        progression.area_code,
        areas.area_name,
        areas.region_code,
        progression.service,
        progression.ladder,
        progression.comparison_group,
        progression.reference_group,
        progression.measure,
        progression.measure_order,
        progression.step,
        progression.step_order,
        progression.unit,
        progression.parity,
        progression.value,
        progression.lower_95,
        progression.upper_95,
        progression.p_value,
        progression.is_estimate,
        progression.value_note,
        progression.staff,
        progression.reference_staff,
        progression.organisations
    from progression
    left join areas
        on progression.area_code = areas.area_code

)

select * from final
