-- Actions of the plans of organisations that consented; their words only where a moderator has approved them.
{%- set words = ("objective", "action", "success_measure") %}
with

told as (

    select * from {{ ref('fct_action') }}

),

consents as (

    select
        collection_year,
        organisation_code,
        service,
        is_consent_given
    from {{ ref('int_open_consent') }}
    where collection = '{{ var("open_collection") }}'

),

areas as (

    select * from {{ ref('dim_area') }}

),

themes as (

    select * from {{ ref('theme') }}

),

placed as (

    select
        told.*,
        'organisation' as area_level,
        told.organisation_code as area_code
    from told
    inner join consents
        on
            told.collection_year = consents.collection_year
            and told.organisation_code = consents.organisation_code
            and told.service = consents.service
    where consents.is_consent_given

),

final as (

    select
        {{ open_place_columns('placed', 'areas') }},
        placed.service,
        placed.line,
        placed.theme,
        themes.theme_name,
        placed.indicators,
        {% for text in words -%}
        case when placed.moderation_status = 'approved' then placed.{{ text }} end as {{ text }},
        {% endfor -%}
        case when placed.moderation_status != 'approved' then 'x' end as words_symbol,
        placed.time_scale,
        placed.due_on,
        placed.progress,
        placed.previous_progress
    from placed
    left join areas
        on placed.area_code = areas.area_code
    left join themes
        on placed.theme = themes.theme

)

select * from final
order by
    time_period,
    new_la_code,
    service,
    line
