-- How many services an organisation's own total takes: each that the register gives it on the reference day, and one
-- that it returned beside them.
with

returned as (

    select
        collection,
        collection_year,
        organisation_code,
        service
    from {{ ref('int_participation') }}
    where cells_given > 0

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

expected as (

    select
        collection,
        collection_year,
        organisation_code,
        service
    from returned

    union

    select
        years.collection,
        years.collection_year,
        organisation_areas.organisation_code,
        organisation_areas.service
    from years
    inner join organisation_areas
        on
            years.collection = organisation_areas.collection
            and {{ is_in_force('organisation_areas', 'years.reference_on') }}

),

final as (

    select
        expected.collection,
        expected.collection_year,
        expected.organisation_code,
        cast(count(returned.service) as integer) as services_returned,
        cast(count(*) as integer) as services_expected
    from expected
    left join returned
        on {{ same_columns('expected', 'returned', (
            "collection", "collection_year", "organisation_code", "service",
        )) }}
    group by
        expected.collection,
        expected.collection_year,
        expected.organisation_code
    having count(returned.service) > 0

)

select * from final
