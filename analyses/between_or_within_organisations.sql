-- Is England's gap within organisations, or a matter of who works where, and how far do organisations differ?
with

latest as (

    select
        collection,
        max(collection_year) as collection_year
    from {{ ref('between_organisations') }}
    group by collection

)

select
    spread.collection,
    spread.collection_year,
    spread.indicator_code,
    spread.indicator_name,
    spread.organisations_compared,
    round(spread.crude_relative_likelihood, 2) as sum_of_counts,
    round(spread.mantel_haenszel, 2) as within_organisations,
    spread.is_simpson,
    round(spread.i_squared, 2) as i_squared,
    round(spread.prediction_lower_95, 2) as another_organisation_lower,
    round(spread.prediction_upper_95, 2) as another_organisation_upper
from {{ ref('between_organisations') }} as spread
inner join latest
    on
        spread.collection = latest.collection
        and spread.collection_year = latest.collection_year
where
    spread.area_level = 'national'
    and spread.breakdown = 'all'
    and spread.comparison_group = 'minority_ethnic'
    and spread.reference_group = 'white'
    and (spread.service = 'all' or spread.collection = 'csww')
order by
    spread.collection,
    spread.indicator_code
