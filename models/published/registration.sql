with

source as (

    select * from {{ ref('fct_registration') }}

),

final as (

    select
        collection_year,
        organisation_code,
        organisation_name,
        service,
        registration_kind,
        registration_outcome,
        registered_on,
        changed_on,
        sponsor_role,
        status,
        note
    from source

)

select * from final
