-- What organisations answered to the check's queries, in any version of a return: the latest version's reply stands.
with

observations as (

    select
        submission_id,
        sheet,
        row_number,
        cell,
        breakdown,
        trim(value_text) as value_text
    from {{ ref('stg_landed__observations') }}
    where measure = 'reply'

),

versions as (

    select
        submission_id,
        collection_year,
        organisation_code,
        service,
        version_rank
    from {{ ref('submission_version') }}
    where collection = 'sc-wres'

),

lines as (

    select
        submission_id,
        sheet,
        row_number,
        -- A reference is typed by hand: capitals and spaces make no difference.
        upper(replace(max(case when breakdown = 'issue_reference' then value_text end), ' ', '')) as issue_reference,
        max(case when breakdown = 'issue_reference' then cell end) as cell,
        max(case when breakdown = 'reply' then value_text end) as reply
    from observations
    group by
        submission_id,
        sheet,
        row_number

),

answered as (

    select
        versions.collection_year,
        versions.organisation_code,
        versions.service,
        lines.issue_reference,
        lines.reply,
        lines.submission_id,
        lines.sheet,
        lines.cell,
        max(versions.version_rank) over (
            partition by
                versions.collection_year,
                versions.organisation_code,
                versions.service,
                lines.issue_reference
        ) = 1 as is_new,
        row_number() over (
            partition by
                versions.collection_year,
                versions.organisation_code,
                versions.service,
                lines.issue_reference
            order by
                versions.version_rank asc,
                lines.row_number desc
        ) as reply_rank
    from lines
    inner join versions
        on lines.submission_id = versions.submission_id
    -- A reference that stands prefilled, with nothing beside it, is no reply.
    where lines.issue_reference != '' and lines.reply != ''

),

final as (

    select
        collection_year,
        organisation_code,
        service,
        issue_reference,
        reply,
        submission_id,
        sheet,
        cell,
        is_new
    from answered
    where reply_rank = 1

)

select * from final
