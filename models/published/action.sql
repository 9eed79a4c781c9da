with

source as (

    select * from {{ ref('fct_action') }}

),

final as (

    select
        collection_year,
        organisation_code,
        organisation_name,
        service,
        line,
        action_reference,
        theme,
        indicators,
        objective,
        action,
        lead_role,
        baseline,
        baseline_on,
        success_measure,
        time_scale,
        due_on,
        progress,
        previous_year,
        previous_progress,
        submission_id,
        moderation_status,
        decided_by_role,
        decided_on
    from source

)

select * from final
