-- The totals that an organisation's counts for a service go into: its region and England, for the service and for all.
with

organisations as (

    select
        organisation_code,
        region_code
    from {{ ref('organisation') }}

),

services as (

    select service
    from {{ ref('service') }}
    where service != 'all'

),

collections as (

    select
        collection,
        service as only_service
    from {{ ref('collection') }}

),

places as (

    select
        organisation_code,
        'region' as area_level,
        region_code as area_code
    from organisations
    where region_code is not null

    union all

    select
        organisation_code,
        'national' as area_level,
        '{{ var("england_code") }}' as area_code
    from organisations

),

counted_as as (

    select
        collections.collection,
        services.service,
        services.service as total_service
    from collections
    inner join services
        on coalesce(collections.only_service, services.service) = services.service

    union all

    -- A collection of one service has no total of services.
    select
        collections.collection,
        services.service,
        'all' as total_service
    from collections
    cross join services
    where collections.only_service is null

),

final as (

    select
        counted_as.collection,
        counted_as.service,
        places.organisation_code,
        places.area_level,
        places.area_code,
        counted_as.total_service
    from places
    cross join counted_as

)

select * from final
