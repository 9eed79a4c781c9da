-- Accounts of experience that the person agreed to and a moderator has accepted: what they are about, and nothing else.
{%- set fields = ("theme", "indicators", "has_agreed") %}
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

    select
        observations.value_text as account_line,
        observations.breakdown as decision,
        row_number() over (
            partition by observations.value_text
            order by submissions.published_on desc, observations.submission_id desc
        ) as decision_rank
    from {{ ref('stg_landed__observations') }} as observations
    inner join {{ ref('stg_landed__submissions') }} as submissions
        on observations.submission_id = submissions.submission_id
    where observations.measure = 'moderation'

),

final as (

    select
        lines.submission_id,
        lines.collection_year,
        lines.organisation_code,
        lines.service,
        lines.line,
        themes.theme,
        lines.indicators
    from lines
    inner join decisions
        on
            lines.submission_id || ':' || cast(lines.line as {{ varchar() }}) = decisions.account_line
            and decisions.decision_rank = 1
    left join themes
        on lower(lines.theme) in (themes.theme, lower(themes.theme_name))
    where
        lower(lines.has_agreed) = 'yes'
        and decisions.decision = 'accepted'

)

select * from final
