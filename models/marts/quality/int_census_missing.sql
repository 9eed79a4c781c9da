-- Authorities in force on the day of a census that have no row by ethnic group in it.
with

years as (

    select
        collection,
        collection_year,
        reference_on
    from {{ ref('collection_year') }}

),

census_years as (

    select distinct
        collection,
        collection_year
    from {{ ref('submission_version') }}
    where collection = 'csww' and version_rank = 1 and is_by_ethnic_group

),

organisation_areas as (

    select
        collection,
        organisation_code,
        service,
        valid_from,
        valid_to
    from {{ ref('organisation_area') }}

),

organisations as (

    select
        organisation_code,
        organisation_name
    from {{ ref('organisation') }}

),

group_values as (

    select
        listed.scheme,
        listed.value
    from {{ ref('ethnic_group_mapping') }} as listed
    inner join {{ ref('ethnic_group_register') }} as ethnic_groups
        on listed.ethnic_group = ethnic_groups.ethnic_group
    where ethnic_groups.level != 'total'

),

reported as (

    select distinct
        headcounts.collection_year,
        headcounts.area_code
    from {{ ref('headcount') }} as headcounts
    inner join group_values
        on
            headcounts.ethnic_scheme = group_values.scheme
            and headcounts.ethnic_value = group_values.value
    where
        headcounts.collection = 'csww'
        and headcounts.area_level = 'organisation'
        and headcounts.is_by_ethnic_group

),

final as (

    select distinct
        census_years.collection,
        census_years.collection_year,
        organisation_areas.organisation_code,
        organisations.organisation_name,
        organisation_areas.service,
        years.reference_on
    from census_years
    inner join years
        on
            census_years.collection = years.collection
            and census_years.collection_year = years.collection_year
    inner join organisation_areas
        on
            census_years.collection = organisation_areas.collection
            and {{ is_in_force('organisation_areas', 'years.reference_on') }}
    left join organisations
        on organisation_areas.organisation_code = organisations.organisation_code
    left join reported
        on
            census_years.collection_year = reported.collection_year
            and organisation_areas.organisation_code = reported.area_code
    where reported.area_code is null

)

select * from final
