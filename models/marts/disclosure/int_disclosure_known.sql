-- What others have published that says how small a count can be at most: registered social workers are staff.
with

counts as (

    select * from {{ ref('int_disclosure_count') }}
    where
        measure = '{{ var("open_stock_measure") }}'
        and measure_breakdown = 'all'

),

years as (

    select
        collection,
        collection_year,
        reference_on
    from {{ ref('collection_year') }}

),

census as (

    select
        collection,
        collection_year,
        area_code,
        service,
        comparison_group as ethnic_group,
        people
    from {{ ref('group_headcount') }}
    where
        collection = '{{ var("open_outside_collection") }}'
        and area_level = 'organisation'
        and measure = 'headcount'
        and breakdown = 'Total'
        and people > 0

),

-- The latest census on or before the day that a round is of.
dated as (

    select
        counts.count_id,
        census.people,
        row_number() over (
            partition by counts.count_id
            order by census_years.reference_on desc
        ) as how_late
    from counts
    inner join years
        on
            counts.collection = years.collection
            and counts.counted_year = years.collection_year
    inner join census
        on
            counts.organisation_code = census.area_code
            and counts.member_service = census.service
            and counts.ethnic_group = census.ethnic_group
    inner join years as census_years
        on
            census.collection = census_years.collection
            and census.collection_year = census_years.collection_year
    where census_years.reference_on <= years.reference_on

),

final as (

    select
        count_id,
        cast(people as bigint) as at_least
    from dated
    where how_late = 1

)

select * from final
