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
    shares.collection,
    shares.collection_year,
    shares.area_level,
    shares.area_name,
    shares.service,
    round(100 * shares.share_of_role, 1) as percent_of_senior_managers,
    round(100 * shares.share_of_workforce, 1) as percent_of_workforce,
    round(100 * shares.share_of_residents, 1) as percent_of_residents,
    round(shares.difference_from_workforce, 1) as points_from_workforce,
    round(shares.difference_from_workforce_lower_95, 1) as workforce_lower_95,
    round(shares.difference_from_workforce_upper_95, 1) as workforce_upper_95,
    round(shares.difference_from_residents, 1) as points_from_residents,
    round(shares.difference_from_residents_lower_95, 1) as residents_lower_95,
    round(shares.difference_from_residents_upper_95, 1) as residents_upper_95
from {{ ref('representation') }} as shares
inner join latest
    on
        shares.collection = latest.collection
        and shares.collection_year = latest.collection_year
where
    shares.area_level in ('national', 'region')
    and shares.indicator_code = '9'
    and shares.breakdown = 'all'
    and shares.comparison_group = 'minority_ethnic'
    and (shares.service = 'all' or shares.collection = 'csww')
order by
    shares.area_level,
    shares.collection,
    shares.area_name
