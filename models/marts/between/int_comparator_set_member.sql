-- Who is in each set that organisations are compared with, and has counts. An area's set is there once, not once for
-- each organisation in it: those would grow with the square of their number.
with

own as (

    select distinct
        collection,
        collection_year,
        organisation_code,
        service
    from {{ ref('int_organisation_counts') }}

),

totals as (

    select * from {{ ref('total_membership') }}

),

neighbours as (

    select * from {{ ref('int_comparator_neighbour') }}

),

-- In a total of services an organisation is in it with each service that it returned.
final as (

    select
        own.collection,
        own.collection_year,
        totals.total_service as service,
        case when totals.area_level = 'region' then 'region' else 'england' end as comparator,
        totals.area_code as set_code,
        own.organisation_code as member_code,
        own.service as member_service
    from own
    inner join totals
        on
            own.collection = totals.collection
            and own.organisation_code = totals.organisation_code
            and own.service = totals.service

    union all

    select
        neighbours.collection,
        neighbours.collection_year,
        neighbours.service,
        neighbours.comparator,
        neighbours.organisation_code as set_code,
        neighbours.neighbour_code as member_code,
        neighbours.service as member_service
    from neighbours
    inner join own
        on
            neighbours.collection = own.collection
            and neighbours.collection_year = own.collection_year
            and neighbours.neighbour_code = own.organisation_code
            and neighbours.service = own.service

)

select * from final
