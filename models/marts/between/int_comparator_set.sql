-- The sets of organisations that each is compared with: those of its region, of England, and those that it is like.
with

own as (

    select distinct
        collection,
        collection_year,
        organisation_code,
        service
    from {{ ref('int_organisation_counts') }}

),

memberships as (

    select distinct
        collection,
        organisation_code,
        total_service,
        area_level,
        area_code
    from {{ ref('total_membership') }}

),

neighbours as (

    select distinct
        collection,
        collection_year,
        organisation_code,
        service,
        comparator
    from {{ ref('int_comparator_neighbour') }}

),

final as (

    select
        own.collection,
        own.collection_year,
        own.organisation_code,
        own.service,
        case when memberships.area_level = 'region' then 'region' else 'england' end as comparator,
        memberships.area_code as set_code
    from own
    inner join memberships
        on
            own.collection = memberships.collection
            and own.organisation_code = memberships.organisation_code
            and own.service = memberships.total_service

    union all

    select
        own.collection,
        own.collection_year,
        own.organisation_code,
        own.service,
        neighbours.comparator,
        own.organisation_code as set_code
    from own
    inner join neighbours
        on
            own.collection = neighbours.collection
            and own.collection_year = neighbours.collection_year
            and own.organisation_code = neighbours.organisation_code
            and own.service = neighbours.service

)

select * from final
