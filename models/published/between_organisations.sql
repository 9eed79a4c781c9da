with

pools as (

    select * from {{ ref('fct_between_organisations') }}

),

areas as (

    select
        area_code,
        area_name
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
        pools.collection,
        pools.collection_year,
        pools.area_level,
        pools.area_code,
        areas.area_name,
        pools.service,
        pools.indicator_code,
        definitions.indicator_name,
        pools.breakdown,
        pools.comparison_group,
        pools.reference_group,
        pools.organisations_compared,
        pools.organisations_left_out,
        pools.crude_relative_likelihood,
        pools.mantel_haenszel,
        pools.mantel_haenszel_lower_95,
        pools.mantel_haenszel_upper_95,
        pools.differs_by,
        pools.is_simpson,
        pools.q,
        pools.q_df,
        pools.q_p,
        pools.i_squared,
        pools.tau_squared,
        pools.random_mean,
        pools.random_mean_lower_95,
        pools.random_mean_upper_95,
        pools.prediction_lower_95,
        pools.prediction_upper_95,
        pools.overdispersion,
        pools.value_note
    from pools
    inner join definitions
        on
            pools.collection = definitions.collection
            and pools.indicator_code = definitions.indicator_code
            and pools.definition_version = definitions.definition_version
    left join areas
        on pools.area_code = areas.area_code

)

select * from final
