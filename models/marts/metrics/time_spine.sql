-- MetricFlow asks for a table of days before it answers anything; ours are those of the years that have a round.
with

years as (

    select distinct collection_year
    from {{ ref('collection_year') }}

),

numbered as (

    select
        collection_year,
        {{ integers_between(0, 365) }} as days_after
    from years

),

days as (

    select
        collection_year,
        cast({{ dbt.dateadd('day', 'days_after', 'make_date(collection_year, 1, 1)') }} as date) as calendar_day
    from numbered

),

final as (

    select calendar_day
    from days
    -- Only a leap year has a day 365 days after its first.
    where extract(year from calendar_day) = collection_year

)

select * from final
