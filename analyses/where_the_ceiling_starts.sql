-- Where in the scale does the ceiling start?
with

latest as (

    select
        collection,
        max(collection_year) as collection_year
    from {{ ref('pay_progression') }}
    group by collection

)

select
    progression.collection,
    progression.collection_year,
    progression.service,
    progression.ladder,
    progression.comparison_group,
    progression.step as at_or_above,
    round(progression.value, 2) as cumulative_odds_ratio,
    round(progression.lower_95, 2) as lower_95,
    round(progression.upper_95, 2) as upper_95
from {{ ref('pay_progression') }} as progression
inner join latest
    on
        progression.collection = latest.collection
        and progression.collection_year = latest.collection_year
where
    progression.area_level = 'national'
    and progression.measure = 'cumulative odds ratio'
    and progression.comparison_group in ('minority_ethnic', 'asian', 'black')
    and progression.reference_group = 'white'
    and (progression.service = 'all' or progression.collection = 'csww')
order by
    progression.collection asc,
    progression.ladder asc,
    progression.comparison_group desc,
    progression.step_order asc
