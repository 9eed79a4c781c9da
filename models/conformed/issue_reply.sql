-- What organisations answered to queries: one row an answered reference of a return.
with

entries as (

    select
        submission_id,
        row_number,
        breakdown,
        trim(value_text) as entry
    from {{ ref('stg_landed__observations') }}
    where measure = 'reply'

),

versions as (

    select
        submission_id,
        collection_year,
        organisation_code,
        service
    from {{ ref('submission_version') }}
    where collection = 'sc-wres'

),

lines as (

    select
        submission_id,
        row_number,
        upper(max(case when breakdown = 'issue_reference' then entry end)) as issue_reference,
        max(case when breakdown = 'reply' then entry end) as reply
    from entries
    group by
        submission_id,
        row_number

),

final as (

    select
        versions.collection_year,
        versions.organisation_code,
        versions.service,
        lines.issue_reference,
        max(lines.reply) as reply,
        lines.submission_id
    from lines
    inner join versions
        on lines.submission_id = versions.submission_id
    where lines.issue_reference is not null and lines.reply is not null
    group by
        versions.collection_year,
        versions.organisation_code,
        versions.service,
        lines.issue_reference,
        lines.submission_id

)

select * from final
