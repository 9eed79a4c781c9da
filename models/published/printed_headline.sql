with

headlines as (

    select * from {{ ref('fct_printed_headline') }}

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
        headlines.collection,
        headlines.collection_year,
        headlines.area_level,
        headlines.area_code,
        headlines.service,
        headlines.indicator_code,
        indicator_names.indicator_name,
        headlines.breakdown,
        headlines.figure,
        headlines.comparison_group,
        headlines.reference_group,
        headlines.printed,
        headlines.printed_value,
        headlines.least_value,
        headlines.greatest_value,
        headlines.computed_value,
        headlines.is_within_range,
        headlines.is_synthetic,
        headlines.previous_year,
        headlines.previous_printed,
        headlines.least_ratio,
        headlines.greatest_ratio,
        headlines.is_change_printed,
        headlines.comparability_note,
        headlines.source
    from headlines
    inner join indicator_names
        on
            headlines.collection = indicator_names.collection
            and headlines.indicator_code = indicator_names.indicator_code

)

select * from final
