-- How many actions the plans of this release hold, and of how many organisations, by what they are about. It is counted
-- from the actions shown, so that there is nothing in it to work out.
with

actions as (

    select * from {{ ref('open_action') }}

),

indicators as (

    select distinct indicator_code
    from {{ ref('dim_indicator') }}
    where collection = '{{ var("open_collection") }}'

),

parted as (

    select
        actions.*,
        'all' as part,
        'all' as part_value
    from actions

    union all

    select
        actions.*,
        'indicator' as part,
        indicators.indicator_code as part_value
    from actions
    inner join indicators
        on {{ names_indicator('actions.indicators', 'indicators.indicator_code') }}
    {%- for part in ("theme", "time_scale", "progress") %}

    union all

    select
        actions.*,
        '{{ part }}' as part,
        actions.{{ part }} as part_value
    from actions
    where actions.{{ part }} is not null
    {%- endfor %}

),

-- An action counts in its region and in England.
placed as (

    select
        time_period,
        time_identifier,
        'National' as geographic_level,
        country_code,
        country_name,
        cast(null as varchar) as region_code,
        cast(null as varchar) as region_name,
        service,
        part,
        part_value,
        new_la_code
    from parted

    union all

    select
        time_period,
        time_identifier,
        'Regional' as geographic_level,
        country_code,
        country_name,
        region_code,
        region_name,
        service,
        part,
        part_value,
        new_la_code
    from parted
    where region_code is not null

),

final as (

    select
        time_period,
        time_identifier,
        geographic_level,
        country_code,
        country_name,
        region_code,
        region_name,
        service,
        part,
        part_value,
        count(*) as actions,
        count(distinct new_la_code) as organisations
    from placed
    group by
        time_period,
        time_identifier,
        geographic_level,
        country_code,
        country_name,
        region_code,
        region_name,
        service,
        part,
        part_value

)

select * from final
order by
    time_period,
    geographic_level,
    region_code,
    service,
    part,
    part_value
