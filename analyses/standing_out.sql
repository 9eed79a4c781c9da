-- Which results stand out after allowing for how many were looked at?
with

latest as (

    select
        collection,
        max(collection_year) as collection_year
    from {{ ref('indicator') }}
    group by collection

)

select
    indicators.collection,
    indicators.collection_year,
    indicators.area_name,
    indicators.service,
    indicators.indicator_code,
    indicators.indicator_name,
    indicators.numerator,
    indicators.denominator,
    round(indicators.relative_likelihood, 2) as relative_likelihood,
    round(indicators.lower_95, 2) as lower_95,
    round(indicators.upper_95, 2) as upper_95,
    indicators.is_adverse,
    round(indicators.q_value, 4) as q_value,
    indicators.tests_in_family
from {{ ref('indicator') }} as indicators
inner join latest
    on
        indicators.collection = latest.collection
        and indicators.collection_year = latest.collection_year
where
    indicators.area_level = 'organisation'
    and indicators.definition = 'as_collected'
    and indicators.breakdown = 'all'
    and indicators.comparison_group = 'minority_ethnic'
    and indicators.reference_group = 'white'
    and indicators.stands_out
order by
    indicators.collection,
    indicators.q_value,
    indicators.p_value,
    indicators.area_name,
    indicators.indicator_code,
    indicators.service
