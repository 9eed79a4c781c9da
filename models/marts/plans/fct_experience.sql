-- How many accounts of experience told of a theme and an indicator, in England; few are not counted out.
with

accounts as (

    select * from {{ ref('experience_account') }}

),

versions as (

    select
        indicator_code,
        indicator_name,
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
        indicator_name
    from versions
    where recency = 1

),

counted as (

    select
        accounts.collection_year,
        accounts.theme,
        indicators.indicator_code,
        indicators.indicator_name,
        count(*) as accounts_told
    from accounts
    inner join indicators
        on {{ names_indicator('accounts.indicators', 'indicators.indicator_code') }}
    where accounts.theme is not null
    group by
        accounts.collection_year,
        accounts.theme,
        indicators.indicator_code,
        indicators.indicator_name

),

final as (

    select
        collection_year,
        theme,
        indicator_code,
        indicator_name,
        case when accounts_told >= {{ var('disclosure_threshold') }} then accounts_told end as accounts_told,
        case when accounts_told < {{ var('disclosure_threshold') }} then 'c' end as value_note
    from counted

)

select * from final
