with

comparators as (

    select * from {{ ref('fct_comparator') }}

),

areas as (

    select
        area_code,
        area_name,
        region_code
    from {{ ref('dim_area') }}

),

definitions as (

    select
        collection,
        indicator_code,
        definition_version,
        indicator_name
    from {{ ref('dim_indicator') }}

),

final as (

    select
        comparators.collection,
        comparators.collection_year,
        comparators.organisation_code,
        areas.area_name as organisation_name,
        areas.region_code,
        comparators.service,
        comparators.indicator_code,
        definitions.indicator_name,
        comparators.breakdown,
        comparators.comparison_group,
        comparators.reference_group,
        comparators.comparator,
        comparators.comparator_organisations,
        comparators.comparator_numerator,
        comparators.comparator_denominator,
        comparators.comparator_reference_numerator,
        comparators.comparator_reference_denominator,
        comparators.comparator_relative_likelihood,
        comparators.comparator_lower_95,
        comparators.comparator_upper_95,
        comparators.relative_likelihood,
        comparators.lower_95,
        comparators.upper_95,
        comparators.ratio_to_comparator,
        comparators.ratio_lower_95,
        comparators.ratio_upper_95,
        comparators.p_value,
        comparators.comparison,
        comparators.value_note,
        comparators.comparator_note
    from comparators
    inner join definitions
        on
            comparators.collection = definitions.collection
            and comparators.indicator_code = definitions.indicator_code
            and comparators.definition_version = definitions.definition_version
    left join areas
        on comparators.organisation_code = areas.area_code

)

select * from final
