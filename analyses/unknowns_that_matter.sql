-- Where would people of unknown ethnicity change the conclusion?
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
    indicators.area_level,
    indicators.area_name,
    indicators.service,
    indicators.indicator_code,
    indicators.indicator_name,
    round(indicators.relative_likelihood, 2) as relative_likelihood,
    round(indicators.lower_95, 2) as lower_95,
    round(indicators.upper_95, 2) as upper_95,
    round(indicators.declaration_rate, 3) as declaration_rate,
    round(indicators.unknowns_lower, 2) as unknowns_lower,
    round(indicators.unknowns_upper, 2) as unknowns_upper
from {{ ref('indicator') }} as indicators
inner join latest
    on
        indicators.collection = latest.collection
        and indicators.collection_year = latest.collection_year
where
    indicators.definition = 'as_collected'
    and indicators.breakdown = 'all'
    and indicators.comparison_group = 'minority_ethnic'
    and indicators.reference_group = 'white'
    and indicators.depends_on_unknowns
order by
    indicators.area_level,
    indicators.collection,
    indicators.indicator_code,
    indicators.area_name,
    indicators.service
