with

estimates as (

    select * from {{ ref('fct_organisation_estimate') }}

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
        estimates.collection,
        estimates.collection_year,
        estimates.organisation_code,
        areas.area_name as organisation_name,
        areas.region_code,
        estimates.service,
        estimates.indicator_code,
        definitions.indicator_name,
        estimates.breakdown,
        estimates.comparison_group,
        estimates.reference_group,
        estimates.compared_with,
        estimates.organisations_compared,
        estimates.relative_likelihood,
        estimates.shrinkage_weight,
        estimates.shrunk_relative_likelihood,
        estimates.shrunk_lower_95,
        estimates.shrunk_upper_95,
        estimates.centre,
        estimates.overdispersion,
        estimates.funnel_lower_95,
        estimates.funnel_upper_95,
        estimates.funnel_lower_998,
        estimates.funnel_upper_998,
        estimates.funnel_position,
        estimates.own_rank,
        estimates.rank_lower,
        estimates.rank_upper,
        estimates.adverse_rank,
        estimates.value_note
    from estimates
    inner join definitions
        on
            estimates.collection = definitions.collection
            and estimates.indicator_code = definitions.indicator_code
            and estimates.definition_version = definitions.definition_version
    left join areas
        on estimates.organisation_code = areas.area_code

)

select * from final
