with

practices as (

    select * from {{ ref('good_practice_line') }}

),

organisations as (

    select
        organisation_code,
        organisation_name
    from {{ ref('organisation') }}

),

final as (

    select
        practices.collection_year,
        practices.organisation_code,
        organisations.organisation_name,
        practices.service,
        practices.line,
        practices.title,
        practices.theme,
        practices.indicators,
        practices.what_was_done,
        practices.what_changed,
        practices.may_be_shared,
        practices.submission_id,
        practices.moderation_status,
        practices.decided_by_role,
        practices.decided_on
    from practices
    left join organisations
        on practices.organisation_code = organisations.organisation_code

)

select * from final
