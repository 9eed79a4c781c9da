with

source as (

    select * from {{ ref('fct_rule_outcome') }}

),

final as (

    select
        collection,
        collection_year,
        area_code,
        area_name,
        service,
        submission_id,
        rule_code,
        title,
        rule_stage,
        severity,
        dimension,
        responsible,
        outcome,
        checks,
        breaches,
        answered,
        reason
    from source

)

select * from final
