-- What the figures did after a plan, as this release shows them: the change of each indicator that an action names.
-- What followed an action need not have come from it.
with

actions as (

    select * from {{ ref('open_action') }}

),

changes as (

    select * from {{ ref('open_year_on_year') }}
    where
        new_la_code is not null
        and breakdown = 'all'
        and comparison_group = 'minority_ethnic'
        and reference_group = '{{ var("open_reference_group") }}'

),

final as (

    select
        changes.time_period,
        changes.time_identifier,
        changes.geographic_level,
        changes.country_code,
        changes.country_name,
        changes.region_code,
        changes.region_name,
        changes.new_la_code,
        changes.la_name,
        changes.service,
        actions.time_period as plan_time_period,
        actions.line,
        actions.theme,
        actions.progress,
        changes.indicator_code,
        changes.indicator_name,
        changes.previous_time_period,
        changes.previous_relative_likelihood,
        changes.previous_likelihood_symbol,
        changes.relative_likelihood,
        changes.likelihood_symbol,
        changes.ratio_of_ratios,
        changes.lower_95,
        changes.upper_95,
        changes.change,
        changes.change_symbol
    from actions
    inner join changes
        on
            actions.new_la_code = changes.new_la_code
            and actions.service = changes.service
            and {{ names_indicator('actions.indicators', 'changes.indicator_code') }}
    where actions.time_period < changes.time_period

)

select * from final
order by
    time_period,
    new_la_code,
    service,
    plan_time_period,
    line,
    indicator_code
