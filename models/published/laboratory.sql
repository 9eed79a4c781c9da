with

source as (

    select * from {{ ref('fct_laboratory') }}

),

areas as (

    select
        area_code,
        area_name
    from {{ ref('dim_area') }}

),

final as (

    select
        source.collection,
        source.collection_year,
        source.area_level,
        source.area_code,
        areas.area_name,
        source.service,
        source.indicator_code,
        source.variant_code,
        source.variant_name,
        source.question,
        source.numerator,
        source.denominator,
        source.reference_numerator,
        source.reference_denominator,
        source.relative_likelihood,
        source.lower_95,
        source.upper_95,
        source.p_value,
        source.evidence,
        source.relative_likelihood_in_force,
        source.lower_95_in_force,
        source.upper_95_in_force,
        source.evidence_in_force,
        source.times_in_force,
        source.value_note,
        source.organisations
    from source
    left join areas
        on source.area_code = areas.area_code

)

select * from final
