with

parts as (

    select * from {{ ref('fct_decomposition') }}

),

areas as (

    select
        area_code,
        area_name
    from {{ ref('dim_area') }}

),

indicator_names as (

    select
        collection,
        indicator_code,
        max(indicator_name) as indicator_name
    from {{ ref('dim_indicator') }}
    group by
        collection,
        indicator_code

),

final as (

    select
        parts.collection,
        parts.collection_year,
        parts.previous_year,
        parts.area_level,
        parts.area_code,
        areas.area_name,
        parts.service,
        parts.definition,
        parts.indicator_code,
        indicator_names.indicator_name,
        parts.breakdown,
        parts.comparison_group,
        parts.reference_group,
        parts.part,
        parts.log_effect,
        parts.factor,
        parts.comparison_effect,
        parts.reference_effect,
        parts.comparison_rate_effect,
        parts.reference_rate_effect,
        parts.organisations,
        parts.value_note,
        parts.comparability_note
    from parts
    inner join indicator_names
        on
            parts.collection = indicator_names.collection
            and parts.indicator_code = indicator_names.indicator_code
    left join areas
        on parts.area_code = areas.area_code

)

select * from final
