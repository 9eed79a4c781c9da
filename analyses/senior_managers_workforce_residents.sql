-- Do senior managers look like the workforce, and like the people who live here?
with

latest as (

    select
        collection,
        max(collection_year) as collection_year
    from {{ ref('representation') }}
    group by collection

)

select
    represented.collection,
    represented.collection_year,
    represented.area_level,
    represented.area_name,
    represented.service,
    round(100 * represented.share_of_role, 1) as percent_of_senior_managers,
    round(100 * represented.share_of_workforce, 1) as percent_of_workforce,
    round(100 * represented.share_of_residents, 1) as percent_of_residents,
    round(represented.difference_from_workforce, 1) as points_from_workforce,
    round(represented.difference_from_workforce_lower_95, 1) as workforce_lower_95,
    round(represented.difference_from_workforce_upper_95, 1) as workforce_upper_95,
    round(represented.difference_from_residents, 1) as points_from_residents,
    round(represented.difference_from_residents_lower_95, 1) as residents_lower_95,
    round(represented.difference_from_residents_upper_95, 1) as residents_upper_95
from {{ ref('representation') }} as represented
inner join latest
    on
        represented.collection = latest.collection
        and represented.collection_year = latest.collection_year
where
    represented.area_level in ('national', 'region')
    and represented.indicator_code = '9'
    and represented.breakdown = 'all'
    and represented.comparison_group = 'minority_ethnic'
    and (represented.service = 'all' or represented.collection = 'csww')
order by
    represented.area_level,
    represented.collection,
    represented.area_name
