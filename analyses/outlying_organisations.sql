-- Where is an organisation out of the ordinary for its size, beyond chance?
with

latest as (

    select
        collection,
        max(collection_year) as collection_year
    from {{ ref('organisation_estimate') }}
    group by collection

)

select
    estimates.collection,
    estimates.collection_year,
    estimates.organisation_name,
    estimates.service,
    estimates.indicator_code,
    estimates.indicator_name,
    estimates.funnel_position,
    round(estimates.relative_likelihood, 2) as relative_likelihood,
    round(estimates.centre, 2) as centre,
    round(estimates.shrunk_relative_likelihood, 2) as estimate_that_borrows,
    estimates.rank_lower,
    estimates.rank_upper,
    estimates.organisations_compared
from {{ ref('organisation_estimate') }} as estimates
inner join latest
    on
        estimates.collection = latest.collection
        and estimates.collection_year = latest.collection_year
where
    estimates.funnel_position in ('above 99.8%', 'below 99.8%')
    and estimates.compared_with = '{{ var("england_code") }}'
    and estimates.breakdown = 'all'
    and estimates.comparison_group = 'minority_ethnic'
    and estimates.reference_group = 'white'
order by
    estimates.collection,
    estimates.indicator_code,
    estimates.relative_likelihood,
    estimates.organisation_name,
    estimates.service
