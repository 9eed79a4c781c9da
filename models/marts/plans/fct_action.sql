-- Actions as each round's plan tells of them, with where the same action stood in the round before.
with

actions as (

    select * from {{ ref('plan_action') }}

),

years as (

    select
        collection_year,
        previous_year
    from {{ ref('collection_year') }}
    where collection = 'sc-wres'

),

organisations as (

    select
        organisation_code,
        organisation_name
    from {{ ref('organisation') }}

),

-- A reference used twice in one plan follows nothing.
earlier as (

    select
        collection_year,
        organisation_code,
        service,
        lower(action_reference) as action_reference,
        max(progress) as progress
    from actions
    where action_reference is not null
    group by
        collection_year,
        organisation_code,
        service,
        lower(action_reference)
    having count(*) = 1

),

final as (

    select
        actions.collection_year,
        actions.organisation_code,
        organisations.organisation_name,
        actions.service,
        actions.line,
        actions.action_reference,
        actions.theme,
        actions.indicators,
        actions.objective,
        actions.action,
        actions.lead_role,
        actions.baseline,
        actions.baseline_on,
        actions.success_measure,
        actions.time_scale,
        actions.due_on,
        actions.progress,
        years.previous_year,
        earlier.progress as previous_progress,
        actions.submission_id,
        actions.moderation_status,
        actions.decided_by_role,
        actions.decided_on
    from actions
    inner join years
        on actions.collection_year = years.collection_year
    left join organisations
        on actions.organisation_code = organisations.organisation_code
    left join earlier
        on
            years.previous_year = earlier.collection_year
            and actions.organisation_code = earlier.organisation_code
            and actions.service = earlier.service
            and lower(actions.action_reference) = earlier.action_reference

)

select * from final
