-- Accounts of experience that the person agreed to and a moderator has approved: what they are about, and what of them
-- may be quoted.
{%- set fields = ("theme", "indicators", "has_agreed", "may_be_quoted") %}
with

lines as (

    {{ record_lines('experience', fields) }}

),

themes as (

    select
        theme,
        theme_name
    from {{ ref('theme') }}

),

decisions as (

    select * from {{ ref('moderation_decision') }}
    where topic = 'experience'

),

final as (

    select
        lines.submission_id,
        lines.collection_year,
        lines.organisation_code,
        lines.service,
        lines.line,
        themes.theme,
        lines.indicators,
        case when lower(lines.may_be_quoted) = 'yes' then decisions.quotation end as quotation
    from lines
    inner join decisions
        on
            lines.submission_id = decisions.moderated_submission_id
            and lines.line = decisions.moderated_line
    left join themes
        on lower(lines.theme) in (themes.theme, lower(themes.theme_name))
    where
        lower(lines.has_agreed) = 'yes'
        and decisions.moderation_status = 'approved'

)

select * from final
