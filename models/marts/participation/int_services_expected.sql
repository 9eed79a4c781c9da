-- How many services an organisation's own total takes: each that the register gives it on the reference day, and one
-- that it returned beside them.
with

returned as (

    select
        collection,
        collection_year,
        organisation_code,
        count(*) as services
    from {{ ref('int_participation') }}
    where cells_given > 0
    group by
        collection,
        collection_year,
        organisation_code

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

years as (

    select
        collection,
        collection_year,
        reference_on
    from {{ ref('collection_year') }}

),

run as (

    select
        years.collection,
        years.collection_year,
        organisation_areas.organisation_code,
        count(distinct organisation_areas.service) as services
    from years
    inner join organisation_areas
        on
            years.collection = organisation_areas.collection
            and {{ is_in_force('organisation_areas', 'years.reference_on') }}
    group by
        years.collection,
        years.collection_year,
        organisation_areas.organisation_code

),

final as (

    select
        returned.collection,
        returned.collection_year,
        returned.organisation_code,
        cast(returned.services as integer) as services_returned,
        cast(greatest(returned.services, coalesce(run.services, 0)) as integer) as services_expected
    from returned
    left join run
        on
            returned.collection = run.collection
            and returned.collection_year = run.collection_year
            and returned.organisation_code = run.organisation_code

)

select * from final
