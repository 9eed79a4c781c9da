with

source as (

    select * from {{ ref('fct_participation') }}

),

final as (

    select
        collection,
        collection_year,
        organisation_code,
        organisation_name,
        service,
        status,
        next_to_act,
        registration_kind,
        registration_outcome,
        registered_on,
        sponsor_role,
        due_on,
        as_of,
        days_left,
        is_late,
        return_version,
        versions_received,
        refused_files,
        errors,
        open_queries,
        answered_queries,
        signed_off_on,
        snapshot_date,
        ethnic_scheme,
        is_consent_given,
        is_synthetic,
        cells_given,
        cells_counted,
        indicators_usable,
        submission_id
    from source

)

select * from final
