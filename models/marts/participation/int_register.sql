-- The register of the standard, light enough to be asked at any moment: who was expected, what came, who acts next.
with

participation as (

    select * from {{ ref('int_participation') }}

),

submissions as (

    select * from {{ ref('fct_submission') }}

),

refused as (

    select
        collection_year,
        organisation_code,
        service,
        count(*) as refused_files
    from submissions
    where status = 'rejected' and service is not null
    group by
        collection_year,
        organisation_code,
        service

),

withdrawals as (

    select * from {{ ref('withdrawal') }}

),

registrations as (

    select * from {{ ref('registration_entry') }}

),

rounds as (

    select
        collection,
        collection_year,
        opens_on,
        closes_on,
        lead(opens_on) over (
            partition by collection
            order by collection_year
        ) as next_opens_on
    from {{ ref('collection_round') }}

),

-- Nothing reads the clock: the day that the register is of is given, or the last on which a return was signed off.
days as (

    select
        'sc-wres' as collection,
        {% if var('as_of') -%}
        cast('{{ var("as_of") }}' as date) as as_of
        {%- else -%}
        max(signed_off_on) as as_of
        {%- endif %}
    from {{ ref('submission_version') }}
    where collection = 'sc-wres'

),

final as (

    select
        participation.collection,
        participation.collection_year,
        participation.organisation_code,
        participation.organisation_name,
        participation.service,
        case
            when participation.collection != 'sc-wres' then participation.status
            when submissions.status is not null then submissions.status
            when withdrawals.service is not null then 'withdrawn'
            when refused.refused_files > 0 then 'rejected'
            when days.as_of > rounds.closes_on and days.as_of < coalesce(rounds.next_opens_on, date '9999-12-31')
                then 'overdue'
            else 'not received'
        end as status,
        case
            when participation.collection != 'sc-wres' then 'nobody'
            when submissions.next_to_act is not null then submissions.next_to_act
            when withdrawals.service is not null then 'nobody'
            -- Nobody waits any more for a round that another has followed.
            when days.as_of >= rounds.next_opens_on then 'nobody'
            else 'organisation'
        end as next_to_act,
        registrations.kind as registration_kind,
        registrations.outcome as registration_outcome,
        registrations.registered_on,
        registrations.sponsor_role,
        rounds.closes_on as due_on,
        days.as_of,
        cast(
            {{ dbt.datediff('days.as_of', 'rounds.closes_on', 'day') }}
            as bigint
        ) as days_left,
        coalesce(participation.status = 'returned late', false) as is_late,
        participation.return_version,
        participation.versions_received,
        coalesce(refused.refused_files, 0) as refused_files,
        coalesce(submissions.errors, 0) as errors,
        coalesce(submissions.open_queries, 0) as open_queries,
        coalesce(submissions.answered_queries, 0) as answered_queries,
        participation.signed_off_on,
        participation.snapshot_date,
        participation.ethnic_scheme,
        participation.is_consent_given,
        participation.is_synthetic,
        participation.cells_given,
        participation.cells_counted,
        participation.submission_id
    from participation
    left join submissions
        on participation.submission_id = submissions.submission_id
    left join refused
        on
            participation.collection_year = refused.collection_year
            and participation.organisation_code = refused.organisation_code
            and participation.service = refused.service
    left join withdrawals
        on
            participation.collection = withdrawals.collection
            and participation.collection_year = withdrawals.collection_year
            and participation.organisation_code = withdrawals.organisation_code
            and participation.service = withdrawals.service
    left join rounds
        on
            participation.collection = rounds.collection
            and participation.collection_year = rounds.collection_year
    left join registrations
        on
            rounds.collection_year = registrations.collection_year
            and participation.organisation_code = registrations.organisation_code
            and participation.service = registrations.service
    left join days
        on participation.collection = days.collection

)

select * from final
