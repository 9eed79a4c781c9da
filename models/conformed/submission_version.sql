-- Which version of a return, or which file of official statistics, speaks for a year. The order comes from what the
-- files say of themselves, never from when they arrived.
with

submissions as (

    select distinct
        submission_id,
        file_name,
        dataset,
        collection,
        collection_year,
        organisation_code,
        organisation_name,
        service,
        return_version,
        signed_off_on,
        snapshot_date,
        window_start,
        ethnic_scheme,
        is_consent_given,
        published_on,
        is_synthetic
    from {{ ref('stg_landed__submissions') }}
    where
        status = 'accepted'
        and submission_id not in (
            select withdrawn.submission_id from {{ ref('stg_landed__submissions') }} as withdrawn
            where withdrawn.status = 'withdrawn'
        )

),

statistics as (

    select
        dataset,
        gives_ethnic_group
    from {{ ref('statistics_dataset') }}

),

observed_years as (

    select distinct
        submission_id,
        collection_year
    from {{ ref('stg_landed__observations') }}
    where collection_year is not null

),

-- A return covers its one year; a statistics file covers every year that it has rows for.
covered as (

    select
        submissions.submission_id,
        submissions.file_name,
        submissions.dataset,
        coalesce(statistics.gives_ethnic_group, true) as is_by_ethnic_group,
        submissions.collection,
        coalesce(submissions.collection_year, observed_years.collection_year) as collection_year,
        submissions.organisation_code,
        submissions.organisation_name,
        submissions.service,
        submissions.return_version,
        submissions.signed_off_on,
        submissions.snapshot_date,
        submissions.window_start,
        submissions.ethnic_scheme,
        submissions.is_consent_given,
        submissions.published_on,
        submissions.is_synthetic
    from submissions
    left join observed_years
        on
            case when submissions.collection_year is null then submissions.submission_id end
            = observed_years.submission_id
    left join statistics
        on submissions.dataset = statistics.dataset

),

final as (

    select
        *,
        row_number() over (
            partition by dataset, collection_year, organisation_code, service
            order by
                -- A made-up return never speaks for an organisation that has sent its own.
                coalesce(is_synthetic, false) asc,
                coalesce(return_version, 0) desc,
                coalesce(signed_off_on, published_on, date '1900-01-01') desc,
                submission_id desc
        ) as version_rank,
        count(*) over (partition by dataset, collection_year, organisation_code, service) as versions_received
    from covered
    where collection_year is not null

)

select * from final
