-- How do I compare with my statistical neighbours?
with

latest as (

    select
        collection,
        max(collection_year) as collection_year
    from {{ ref('comparator') }}
    group by collection

)

select
    comparators.collection,
    comparators.collection_year,
    comparators.organisation_name,
    comparators.service,
    comparators.indicator_code,
    comparators.indicator_name,
    round(comparators.relative_likelihood, 2) as relative_likelihood,
    round(comparators.comparator_relative_likelihood, 2) as of_neighbours,
    comparators.comparator_organisations as neighbours,
    round(comparators.ratio_to_comparator, 2) as ratio,
    round(comparators.ratio_lower_95, 2) as lower_95,
    round(comparators.ratio_upper_95, 2) as upper_95,
    comparators.comparison
from {{ ref('comparator') }} as comparators
inner join latest
    on
        comparators.collection = latest.collection
        and comparators.collection_year = latest.collection_year
where
    comparators.comparator = 'statistical neighbours'
    and comparators.breakdown = 'all'
    and comparators.comparison_group = 'minority_ethnic'
    and comparators.reference_group = 'white'
    and comparators.comparison in ('higher', 'lower')
order by
    comparators.collection,
    comparators.indicator_code,
    comparators.organisation_name,
    comparators.service
