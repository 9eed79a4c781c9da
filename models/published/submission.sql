with

source as (

    select * from {{ ref('fct_submission') }}

),

final as (

    select
        collection,
        collection_year,
        organisation_code,
        organisation_name,
        service,
        submission_id,
        file_name,
        return_version,
        status,
        next_to_act,
        replaced_by,
        signed_off_on,
        snapshot_date,
        is_synthetic,
        errors,
        open_queries,
        answered_queries,
        notes,
        cells_filled,
        cells_used,
        cells_recognised,
        cells_in_issues
    from source

)

select * from final
