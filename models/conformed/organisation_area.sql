-- Which areas an organisation answers for, by collection and service: the reporting organisation is not the LA.
with

collections as (

    select
        collection,
        service as only_service
    from {{ ref('collection') }}

),

services as (

    select service
    from {{ ref('service') }}
    where service != 'all'

),

organisations as (

    select
        organisation_code,
        organisation_kind,
        valid_from,
        valid_to
    from {{ ref('organisation') }}

),

exceptions as (

    select
        collection,
        organisation_code,
        service,
        coalesce(area_code, organisation_code) as area_code,
        valid_from,
        valid_to
    from {{ ref('organisation_area_register') }}

),

-- A code that is not on the register stands for the areas that it names: joint codes are printed as 'A / B'.
own_areas as (

    select
        organisation_code,
        organisation_code as area_code,
        valid_from,
        valid_to
    from organisations
    where organisation_kind = 'local authority'

    union all

    select
        organisation_code,
        {{ split_to_rows('organisation_code', "' / '") }} as area_code,
        valid_from,
        valid_to
    from organisations
    where organisation_kind = 'not on the register'

),

own as (

    select
        collections.collection,
        own_areas.organisation_code,
        services.service,
        own_areas.area_code,
        own_areas.valid_from,
        own_areas.valid_to
    from own_areas
    cross join collections
    inner join services
        on coalesce(collections.only_service, services.service) = services.service

),

-- An area whose service is given to another organisation is its own only until that began.
not_given_away as (

    select
        own.collection,
        own.organisation_code,
        own.service,
        own.area_code,
        own.valid_from,
        case
            when exceptions.area_code is null then own.valid_to
            else exceptions.valid_from - interval '1 day'
        end as valid_to
    from own
    left join exceptions
        on
            own.collection = exceptions.collection
            and own.service = exceptions.service
            and own.area_code = exceptions.area_code
    where
        exceptions.area_code is null
        or exceptions.valid_from > coalesce(own.valid_from, date '1900-01-01')

),

final as (

    select
        collection,
        organisation_code,
        service,
        area_code,
        valid_from,
        cast(valid_to as date) as valid_to
    from not_given_away

    union all

    select
        collection,
        organisation_code,
        service,
        area_code,
        valid_from,
        valid_to
    from exceptions

)

select * from final
