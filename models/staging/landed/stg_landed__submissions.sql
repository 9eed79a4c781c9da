with

source as (

    select * from {{ source('landed', 'submissions') }}

),

typed as (

    select
        cast(submission_id as {{ varchar() }}) as submission_id,
        cast(file_name as {{ varchar() }}) as file_name,
        cast(size_bytes as bigint) as size_bytes,
        cast(status as {{ varchar() }}) as status,
        cast(dataset as {{ varchar() }}) as dataset,
        cast(collection as {{ varchar() }}) as collection,
        cast(collection_year as integer) as collection_year,
        cast(organisation_code as {{ varchar() }}) as organisation_code,
        cast(organisation_name as {{ varchar() }}) as organisation_name,
        cast(service as {{ varchar() }}) as service,
        cast(return_version as integer) as return_version,
        cast(signed_off_on as date) as signed_off_on,
        cast(snapshot_date as date) as snapshot_date,
        cast(window_start as date) as window_start,
        cast(ethnic_scheme as {{ varchar() }}) as ethnic_scheme,
        cast(is_consent_given as boolean) as is_consent_given,
        cast(published_on as date) as published_on,
        cast(is_synthetic as boolean) as is_synthetic,
        cast(cells_filled as integer) as cells_filled,
        cast(cells_used as integer) as cells_used,
        cast(cells_recognised as integer) as cells_recognised,
        cast(cells_in_issues as integer) as cells_in_issues,
        cast(received_at as timestamp) as received_at
    from source

)

select * from typed
