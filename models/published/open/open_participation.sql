-- How many organisations took part, round by round; none is named.
with

participations as (

    select * from {{ ref('fct_participation') }}
    where collection = '{{ var("open_collection") }}'

),

areas as (

    select * from {{ ref('dim_area') }}

),

-- Each organisation stands in England and in its region.
placed as (

    select
        collection_year,
        service,
        status,
        'national' as area_level,
        '{{ var("england_code") }}' as area_code
    from participations

    union all

    select
        participations.collection_year,
        participations.service,
        participations.status,
        'region' as area_level,
        areas.region_code as area_code
    from participations
    inner join areas
        on participations.organisation_code = areas.area_code
    where areas.region_code is not null

),

counted as (

    select
        collection_year,
        area_level,
        area_code,
        service,
        status,
        count(*) as organisations
    from placed
    group by
        collection_year,
        area_level,
        area_code,
        service,
        status

),

final as (

    select
        {{ open_place_columns('counted', 'areas', names_organisations=false) }},
        counted.service,
        counted.status,
        cast(counted.organisations as bigint) as organisations
    from counted
    left join areas
        on counted.area_code = areas.area_code

)

select * from final
order by
    time_period,
    geographic_level,
    region_code,
    service,
    status
