-- Which groups within minority ethnic differ from white staff, and which do not?
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
    indicators.comparison_group,
    indicators.organisations,
    indicators.numerator,
    round(indicators.relative_likelihood, 2) as relative_likelihood,
    round(indicators.lower_95, 2) as lower_95,
    round(indicators.upper_95, 2) as upper_95,
    indicators.size,
    indicators.evidence
from {{ ref('indicator') }} as indicators
inner join {{ ref('ethnic_group') }} as ethnic_groups
    on indicators.comparison_group = ethnic_groups.ethnic_group
inner join latest
    on
        indicators.collection = latest.collection
        and indicators.collection_year = latest.collection_year
where
    indicators.area_level = 'national'
    and indicators.definition = 'as_collected'
    and indicators.breakdown = 'all'
    and indicators.comparison_group in ('asian', 'black', 'mixed', 'other')
    and indicators.reference_group = 'white'
    and (indicators.service = 'all' or indicators.collection = 'csww')
    and indicators.relative_likelihood is not null
order by
    indicators.collection,
    indicators.indicator_code,
    ethnic_groups.sort_order
