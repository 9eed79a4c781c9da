-- Each published census figure that its authorities do not make is an issue, and no other is.
with

differences as (

    select
        collection_year,
        area_code,
        cell,
        submission_id
    from {{ ref('int_census_reconciliation') }}
    where published_people != authority_people

),

issues as (

    select
        collection_year,
        area_code,
        cell,
        submission_id
    from {{ ref('fct_data_issue') }}
    where rule_code in ('census_difference', 'census_difference_explained')

),

final as (

    select
        'not told' as problem,
        untold.*
    from (select * from differences except select * from issues) as untold

    union all

    select
        'told without reason' as problem,
        unfounded.*
    from (select * from issues except select * from differences) as unfounded

)

select * from final
