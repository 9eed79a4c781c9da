-- Each current return with the returns and days that rules hold it against.
with

versions as (

    select
        submission_id,
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
        version_rank,
        -- A return that came in time and was corrected later was in time.
        min(signed_off_on) over (
            partition by collection, collection_year, organisation_code, service
        ) as first_signed_off_on
    from {{ ref('submission_version') }}
    where collection = 'sc-wres'

),

current_returns as (

    select * from versions
    where version_rank = 1

),

rounds as (

    select
        collection,
        collection_year,
        opens_on,
        closes_on
    from {{ ref('collection_round') }}

),

years as (

    select
        collection,
        collection_year,
        previous_year
    from {{ ref('collection_year') }}

),

schemes as (

    select
        scheme,
        scheme_name,
        groups as scheme_groups
    from {{ ref('ethnic_scheme') }}

),

final as (

    select
        current_returns.submission_id,
        current_returns.collection,
        current_returns.collection_year,
        current_returns.organisation_code,
        current_returns.organisation_name,
        current_returns.service,
        current_returns.return_version,
        current_returns.signed_off_on,
        current_returns.first_signed_off_on,
        current_returns.snapshot_date,
        current_returns.window_start,
        current_returns.ethnic_scheme,
        schemes.scheme_name,
        schemes.scheme_groups,
        current_returns.is_consent_given,
        rounds.opens_on,
        rounds.closes_on,
        years.previous_year,
        previous_returns.submission_id as previous_submission_id,
        other_returns.submission_id as other_submission_id,
        other_returns.service as other_service
    from current_returns
    left join rounds
        on
            current_returns.collection = rounds.collection
            and current_returns.collection_year = rounds.collection_year
    left join years
        on
            current_returns.collection = years.collection
            and current_returns.collection_year = years.collection_year
    left join schemes
        on current_returns.ethnic_scheme = schemes.scheme
    left join current_returns as previous_returns
        on
            years.previous_year = previous_returns.collection_year
            and current_returns.organisation_code = previous_returns.organisation_code
            and current_returns.service = previous_returns.service
    left join current_returns as other_returns
        on
            current_returns.collection_year = other_returns.collection_year
            and current_returns.organisation_code = other_returns.organisation_code
            and current_returns.service != other_returns.service

)

select * from final
