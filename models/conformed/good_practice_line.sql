-- The good practice that current returns tell of.
{%- set fields = ("title", "theme", "indicators", "what_was_done", "what_changed", "may_be_shared") %}
with

lines as (

    {{ record_lines('good_practice', fields) }}

),

themes as (

    select
        theme,
        theme_name
    from {{ ref('theme') }}

),

decisions as (

    select * from {{ ref('moderation_decision') }}
    where topic = 'good_practice'

),

shared as (

    select
        lines.*,
        -- What was not answered is not shared.
        coalesce(lower(lines.may_be_shared) = 'yes', false) as is_shared
    from lines

),

final as (

    select
        shared.submission_id,
        shared.collection_year,
        shared.organisation_code,
        shared.service,
        shared.line,
        shared.title,
        themes.theme,
        shared.indicators,
        shared.what_was_done,
        shared.what_changed,
        shared.is_shared as may_be_shared,
        case when shared.is_shared then coalesce(decisions.moderation_status, 'waiting') end as moderation_status,
        decisions.decided_by_role,
        decisions.decided_on
    from shared
    left join themes
        on lower(shared.theme) in (themes.theme, lower(themes.theme_name))
    left join decisions
        on
            shared.submission_id = decisions.moderated_submission_id
            and shared.line = decisions.moderated_line

)

select * from final
