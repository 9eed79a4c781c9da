-- Good practice that its organisation shares, of those that consented to be named, once a moderator has approved it.
with

told as (

    select * from {{ ref('fct_good_practice') }}
    where
        may_be_shared
        and moderation_status = 'approved'

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

kinds as (

    select * from {{ ref('authority_kind') }}

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
        case
            when areas.organisation_kind = 'local authority' then coalesce(kinds.authority_kind, 'local authority')
            else areas.organisation_kind
        end as organisation_kind,
        placed.service,
        -- A text that is changed is another practice: what was approved before is not repeated beside it.
        md5(
            coalesce(placed.title, '') || '|' || coalesce(placed.what_was_done, '') || '|'
            || coalesce(placed.what_changed, '')
        ) as practice_id,
        placed.title,
        placed.theme,
        themes.theme_name,
        placed.indicators,
        placed.what_was_done,
        placed.what_changed,
        placed.decided_on
    from placed
    left join areas
        on placed.area_code = areas.area_code
    left join kinds
        on substring(placed.area_code, 1, 3) = kinds.entity_code
    left join themes
        on placed.theme = themes.theme

)

select * from final
order by
    time_period,
    new_la_code,
    service,
    practice_id
