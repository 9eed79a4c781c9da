with

indicators as (

    select * from {{ every_service('fct_indicator') }} as figures

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
        indicators.collection,
        indicators.collection_year,
        indicators.area_level,
        indicators.area_code,
        areas.area_name,
        areas.region_code,
        indicators.service,
        indicators.definition,
        indicators.indicator_code,
        definitions.indicator_name,
        indicators.definition_version,
        indicators.breakdown,
        indicators.comparison_group,
        indicators.reference_group,
        indicators.group_label,
        indicators.numerator,
        indicators.denominator,
        indicators.reference_numerator,
        indicators.reference_denominator,
        indicators.rate,
        indicators.rate_lower_95,
        indicators.rate_upper_95,
        indicators.reference_rate,
        indicators.reference_rate_lower_95,
        indicators.reference_rate_upper_95,
        indicators.relative_likelihood,
        indicators.lower_95,
        indicators.upper_95,
        indicators.p_value,
        indicators.mid_p,
        indicators.test,
        indicators.is_very_small,
        indicators.q_value,
        indicators.tests_in_family,
        indicators.minimum_detectable,
        indicators.size,
        indicators.evidence,
        indicators.adverse_when,
        indicators.is_adverse,
        indicators.stands_out,
        indicators.unknown_share,
        indicators.declaration_rate,
        indicators.unknowns_lower,
        indicators.unknowns_upper,
        indicators.depends_on_unknowns,
        indicators.response_rate,
        indicators.fitness,
        indicators.fitness_reason,
        indicators.value_note,
        indicators.counted_by,
        indicators.organisations,
        indicators.organisations_adults,
        indicators.organisations_children,
        indicators.is_todays_definition,
        indicators.break_note
    from indicators
    inner join definitions
        on
            indicators.collection = definitions.collection
            and indicators.indicator_code = definitions.indicator_code
            and indicators.definition_version = definitions.definition_version
    left join areas
        on indicators.area_code = areas.area_code

)

select * from final
