with

trends as (

    select * from {{ ref('fct_trend') }}

),

areas as (

    select
        area_code,
        area_name,
        region_code
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
        trends.collection,
        trends.area_level,
        trends.area_code,
        areas.area_name,
        areas.region_code,
        trends.service,
        trends.definition,
        trends.indicator_code,
        indicator_names.indicator_name,
        trends.breakdown,
        trends.comparison_group,
        trends.reference_group,
        trends.panel,
        trends.first_year,
        trends.last_year,
        trends.years,
        trends.annual_ratio,
        trends.lower_95,
        trends.upper_95,
        trends.p_value,
        trends.lack_of_fit_q,
        trends.lack_of_fit_df,
        trends.lack_of_fit_p,
        trends.direction,
        trends.organisations,
        trends.value_note
    from trends
    inner join indicator_names
        on
            trends.collection = indicator_names.collection
            and trends.indicator_code = indicator_names.indicator_code
    left join areas
        on trends.area_code = areas.area_code

)

select * from final
