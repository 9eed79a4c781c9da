with

source as (

    select * from {{ ref('fct_action_outcome') }}

),

final as (

    select
        plan_year,
        organisation_code,
        organisation_name,
        service,
        line,
        action_reference,
        theme,
        progress,
        indicator_code,
        indicator_name,
        adverse_when,
        collection_year,
        previous_year,
        rounds_after,
        previous_relative_likelihood,
        relative_likelihood,
        ratio_of_ratios,
        lower_95,
        upper_95,
        p_value,
        change,
        comparability_note
    from source

)

select * from final
