-- What became of every return that was sent: each version of each, and the files that were refused.
with

landed as (

    select
        submission_id,
        max(file_name) as file_name,
        max(collection_year) as collection_year,
        max(organisation_code) as organisation_code,
        max(organisation_name) as organisation_name,
        max(service) as service,
        max(return_version) as return_version,
        max(signed_off_on) as signed_off_on,
        max(snapshot_date) as snapshot_date,
        max(cells_filled) as cells_filled,
        max(cells_used) as cells_used,
        max(cells_recognised) as cells_recognised,
        max(cells_in_issues) as cells_in_issues,
        max(case when is_synthetic then 1 else 0 end) = 1 as is_synthetic,
        max(case when status = 'accepted' then 1 else 0 end) = 1 as is_accepted,
        max(case when status = 'withdrawn' then 1 else 0 end) = 1 as is_withdrawn
    from {{ ref('stg_landed__submissions') }}
    -- A refused file does not say what it is of: it may have been a return.
    where collection = 'sc-wres' or (status = 'rejected' and dataset is null)
    group by submission_id

),

accepted_elsewhere as (

    select distinct submission_id
    from {{ ref('stg_landed__submissions') }}
    where status = 'accepted' and coalesce(collection, '') != 'sc-wres'

),

versions as (

    select
        submission_id,
        collection_year,
        organisation_code,
        service,
        version_rank
    from {{ ref('submission_version') }}
    where collection = 'sc-wres' and dataset = 'sc_wres_return'

),

current_versions as (

    select
        submission_id,
        collection_year,
        organisation_code,
        service
    from versions
    where version_rank = 1

),

issues as (

    select
        submission_id,
        count(case when severity = 'error' then 1 end) as errors,
        count(case when severity = 'query' and not is_answered then 1 end) as open_queries,
        count(case when severity = 'query' and is_answered then 1 end) as answered_queries,
        count(case when severity = 'info' then 1 end) as notes,
        count(
            case when severity != 'info' and not is_answered and responsible = 'organisation' then 1 end
        ) as for_organisation
    from {{ ref('fct_data_issue') }}
    where submission_id is not null
    group by submission_id

),

organisations as (

    select
        organisation_code,
        organisation_name
    from {{ ref('organisation') }}

),

judged as (

    select
        'sc-wres' as collection,
        landed.collection_year,
        landed.organisation_code,
        coalesce(organisations.organisation_name, landed.organisation_name) as organisation_name,
        landed.service,
        landed.submission_id,
        landed.file_name,
        landed.return_version,
        versions.version_rank,
        case
            when landed.is_withdrawn then 'withdrawn'
            when not landed.is_accepted then 'rejected'
            when versions.version_rank > 1 then 'replaced'
            when issues.errors > 0 then 'partly accepted'
            when issues.open_queries > 0 then 'accepted with queries'
            else 'accepted'
        end as status,
        case when versions.version_rank > 1 then current_versions.submission_id end as replaced_by,
        landed.signed_off_on,
        landed.snapshot_date,
        landed.is_synthetic,
        landed.cells_filled,
        landed.cells_used,
        landed.cells_recognised,
        landed.cells_in_issues,
        coalesce(issues.errors, 0) as errors,
        coalesce(issues.open_queries, 0) as open_queries,
        coalesce(issues.answered_queries, 0) as answered_queries,
        coalesce(issues.notes, 0) as notes,
        coalesce(issues.for_organisation, 0) as for_organisation
    from landed
    left join accepted_elsewhere
        on landed.submission_id = accepted_elsewhere.submission_id
    left join versions
        on landed.submission_id = versions.submission_id
    left join current_versions
        on
            versions.collection_year = current_versions.collection_year
            and versions.organisation_code = current_versions.organisation_code
            and versions.service = current_versions.service
    left join issues
        on landed.submission_id = issues.submission_id
    left join organisations
        on landed.organisation_code = organisations.organisation_code
    where accepted_elsewhere.submission_id is null

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
        case
            when status in ('replaced', 'withdrawn') then 'nobody'
            when for_organisation > 0 then 'organisation'
            when status = 'accepted' then 'nobody'
            else 'programme'
        end as next_to_act,
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
    from judged

)

select * from final
