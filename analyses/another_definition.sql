-- What if the pay band were cut elsewhere, or the indicator were defined another way?
with

latest as (

    select
        collection,
        max(collection_year) as collection_year
    from {{ ref('laboratory') }}
    group by collection

)

select
    variants.collection,
    variants.collection_year,
    variants.indicator_code,
    variants.variant_name,
    variants.question,
    round(variants.relative_likelihood_in_force, 2) as in_force,
    round(variants.relative_likelihood, 2) as as_varied,
    round(variants.lower_95, 2) as lower_95,
    round(variants.upper_95, 2) as upper_95,
    round(variants.times_in_force, 2) as times_in_force,
    variants.evidence_in_force,
    variants.evidence
from {{ ref('laboratory') }} as variants
inner join latest
    on
        variants.collection = latest.collection
        and variants.collection_year = latest.collection_year
where
    variants.area_level = 'national'
    and (variants.service = 'all' or variants.collection = 'csww')
order by
    variants.collection,
    variants.indicator_code,
    variants.variant_code
