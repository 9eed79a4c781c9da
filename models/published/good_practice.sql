with

source as (

    select * from {{ ref('fct_good_practice') }}

),

final as (

    select
        collection_year,
        organisation_code,
        organisation_name,
        service,
        line,
        title,
        theme,
        indicators,
        what_was_done,
        what_changed,
        may_be_shared,
        submission_id,
        moderation_status,
        decided_by_role,
        decided_on
    from source

)

select * from final
