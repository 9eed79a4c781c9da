-- Who registered for which round, and what came of it.
with

registrations as (

    select * from {{ ref('registration_entry') }}

),

organisations as (

    select
        organisation_code,
        organisation_name
    from {{ ref('organisation') }}

),

register as (

    select
        collection_year,
        organisation_code,
        service,
        status
    from {{ ref('int_register') }}
    where collection = 'sc-wres'

),

final as (

    select
        registrations.collection_year,
        registrations.organisation_code,
        organisations.organisation_name,
        registrations.service,
        registrations.kind as registration_kind,
        registrations.outcome as registration_outcome,
        registrations.registered_on,
        registrations.changed_on,
        registrations.sponsor_role,
        register.status,
        registrations.note
    from registrations
    left join organisations
        on registrations.organisation_code = organisations.organisation_code
    left join register
        on
            registrations.collection_year = register.collection_year
            and registrations.organisation_code = register.organisation_code
            and registrations.service = register.service

)

select * from final
