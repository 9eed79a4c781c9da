-- What the figures did after a plan: each action and indicator that it names, against every later change of that
-- organisation's headline. What followed an action need not have come from it.
with

actions as (

    select * from {{ ref('fct_action') }}

),

versions as (

    select
        indicator_code,
        indicator_name,
        adverse_when,
        row_number() over (
            partition by indicator_code
            order by first_year desc
        ) as recency
    from {{ ref('indicator_register') }}
    where collection = 'sc-wres'

),

-- The latest version names an indicator.
indicators as (

    select
        indicator_code,
        indicator_name,
        adverse_when
    from versions
    where recency = 1

),

rounds as (

    select
        collection_year,
        row_number() over (order by collection_year) as round_number
    from {{ ref('collection_year') }}
    where collection = 'sc-wres'

),

changes as (

    select * from {{ every_service('fct_year_on_year') }} as figures
    where
        collection = 'sc-wres'
        and area_level = 'organisation'
        and definition = 'as_collected'
        and breakdown = 'all'
        and comparison_group = 'minority_ethnic'
        and reference_group = 'white'
        and panel != 'matched'

),

named as (

    select
        actions.collection_year as plan_year,
        actions.organisation_code,
        actions.organisation_name,
        actions.service,
        actions.line,
        actions.action_reference,
        actions.theme,
        actions.progress,
        indicators.indicator_code,
        indicators.indicator_name,
        indicators.adverse_when
    from actions
    inner join indicators
        on {{ names_indicator('actions.indicators', 'indicators.indicator_code') }}

),

final as (

    select
        named.plan_year,
        named.organisation_code,
        named.organisation_name,
        named.service,
        named.line,
        named.action_reference,
        named.theme,
        named.progress,
        named.indicator_code,
        named.indicator_name,
        named.adverse_when,
        changes.collection_year,
        changes.previous_year,
        cast(later_rounds.round_number - plan_rounds.round_number as integer) as rounds_after,
        changes.previous_relative_likelihood,
        changes.relative_likelihood,
        changes.ratio_of_ratios,
        changes.lower_95,
        changes.upper_95,
        changes.p_value,
        changes.change,
        changes.comparability_note
    from named
    inner join rounds as plan_rounds
        on named.plan_year = plan_rounds.collection_year
    inner join changes
        on
            named.organisation_code = changes.area_code
            and named.service = changes.service
            and named.indicator_code = changes.indicator_code
            and named.plan_year < changes.collection_year
    inner join rounds as later_rounds
        on changes.collection_year = later_rounds.collection_year

)

select * from final
