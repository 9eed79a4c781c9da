with

stages as (

    select * from {{ ref('fct_stage') }}

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
        stages.collection,
        stages.collection_year,
        stages.area_level,
        stages.area_code,
        areas.area_name,
        areas.region_code,
        stages.service,
        stages.chain,
        stages.comparison_group,
        stages.reference_group,
        stages.stage,
        stages.stage_order,
        stages.from_measure,
        stages.to_measure,
        stages.numerator,
        stages.denominator,
        stages.reference_numerator,
        stages.reference_denominator,
        stages.relative_likelihood,
        stages.lower_95,
        stages.upper_95,
        stages.value_note,
        stages.organisations
    from stages
    left join areas
        on stages.area_code = areas.area_code

)

select * from final
