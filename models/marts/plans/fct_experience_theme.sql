-- How many accounts of experience told of a theme, in England; few, or those of few organisations, are not counted out.
with

accounts as (

    select * from {{ ref('experience_account') }}

),

counted as (

    select
        collection_year,
        theme,
        count(*) as accounts_told,
        count(distinct organisation_code) as organisations
    from accounts
    where theme is not null
    group by
        collection_year,
        theme

),

judged as (

    select
        counted.*,
        counted.accounts_told >= {{ var('disclosure_threshold') }}
        and counted.organisations >= {{ var('sum_least_organisations') }} as may_be_shown
    from counted

),

final as (

    select
        collection_year,
        theme,
        case when may_be_shown then accounts_told end as accounts_told,
        case when not may_be_shown then 'c' end as value_note
    from judged

)

select * from final
