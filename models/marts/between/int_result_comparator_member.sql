-- Whose counts are in each comparator, so that it can be told whom a sum could give away.
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

memberships as (

    select distinct
        collection,
        organisation_code,
        total_service,
        area_level,
        area_code
    from totals

),

-- In a total of services another organisation is in it with each service that it returned.
in_area as (

    select
        own.collection,
        own.collection_year,
        own.organisation_code,
        own.service,
        totals.organisation_code as member_code,
        totals.service as member_service,
        case when memberships.area_level = 'region' then 'region' else 'england' end as comparator
    from own
    inner join memberships
        on
            own.collection = memberships.collection
            and own.organisation_code = memberships.organisation_code
            and own.service = memberships.total_service
    inner join totals
        on
            memberships.collection = totals.collection
            and memberships.total_service = totals.total_service
            and memberships.area_level = totals.area_level
            and memberships.area_code = totals.area_code
            and memberships.organisation_code != totals.organisation_code

),

alike as (

    select
        own.collection,
        own.collection_year,
        own.organisation_code,
        own.service,
        neighbours.neighbour_code as member_code,
        own.service as member_service,
        neighbours.comparator
    from own
    inner join neighbours
        on
            own.collection = neighbours.collection
            and own.collection_year = neighbours.collection_year
            and own.organisation_code = neighbours.organisation_code
            and own.service = neighbours.service

),

placed as (

    select * from in_area

    union all

    select * from alike

),

final as (

    select placed.*
    from placed
    inner join own
        on
            placed.collection = own.collection
            and placed.collection_year = own.collection_year
            and placed.member_code = own.organisation_code
            and placed.member_service = own.service

)

select * from final
