-- What the cover of each return says, one row an answer.
with

observations as (

    select
        submission_id,
        breakdown,
        value,
        value_text,
        cell
    from {{ ref('stg_landed__observations') }}
    where measure = 'cover'

),

versions as (

    select submission_id
    from {{ ref('submission_version') }}

),

final as (

    select
        observations.submission_id,
        observations.breakdown as field,
        observations.value,
        observations.value_text,
        observations.cell
    from observations
    inner join versions
        on observations.submission_id = versions.submission_id

)

select * from final
