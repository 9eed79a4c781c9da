-- Where does 'not clear' mean that hardly anything could have been seen?
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
    indicators.indicator_code,
    indicators.indicator_name,
    indicators.service,
    count(*) as organisations,
    count(case when indicators.evidence = 'clear' then 1 end) as clear,
    count(case when indicators.minimum_detectable is null or indicators.minimum_detectable > 2 then 1 end)
        as that_need_more_than_double,
    round(min(indicators.minimum_detectable), 2) as least_detectable_anywhere
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
    and indicators.p_value is not null
group by
    indicators.collection,
    indicators.collection_year,
    indicators.indicator_code,
    indicators.indicator_name,
    indicators.service
order by
    indicators.collection,
    indicators.indicator_code,
    indicators.service
