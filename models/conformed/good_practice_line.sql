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

final as (

    select
        lines.submission_id,
        lines.collection_year,
        lines.organisation_code,
        lines.service,
        lines.line,
        lines.title,
        themes.theme,
        lines.indicators,
        lines.what_was_done,
        lines.what_changed,
        -- What was not answered is not shared.
        coalesce(lower(lines.may_be_shared) = 'yes', false) as may_be_shared
    from lines
    left join themes
        on lower(lines.theme) in (themes.theme, lower(themes.theme_name))

)

select * from final
