-- The actions of each current return's action plan.
{%- set fields = (
    "action_reference", "theme", "indicators", "objective", "action", "lead_role", "baseline", "baseline_on",
    "success_measure", "time_scale", "due_on", "progress",
) %}
with

lines as (

    {{ record_lines('action_plan', fields) }}

),

themes as (

    select
        theme,
        theme_name
    from {{ ref('theme') }}

),

decisions as (

    select * from {{ ref('moderation_decision') }}
    where topic = 'action_plan'

),

final as (

    select
        lines.submission_id,
        lines.collection_year,
        lines.organisation_code,
        lines.service,
        lines.line,
        lines.action_reference,
        themes.theme,
        lines.indicators,
        lines.objective,
        lines.action,
        lines.lead_role,
        lines.baseline,
        {{ date_of_text('lines.baseline_on') }} as baseline_on,
        lines.success_measure,
        lower(lines.time_scale) as time_scale,
        {{ date_of_text('lines.due_on') }} as due_on,
        lower(lines.progress) as progress,
        coalesce(decisions.moderation_status, 'waiting') as moderation_status,
        decisions.decided_by_role,
        decisions.decided_on
    from lines
    left join themes
        on lower(lines.theme) in (themes.theme, lower(themes.theme_name))
    left join decisions
        on
            lines.submission_id = decisions.moderated_submission_id
            and lines.line = decisions.moderated_line

)

select * from final
