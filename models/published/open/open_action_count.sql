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

served as (

    select
        actions.*,
        actions.service as counted_service
    from actions

    union all

    select
        actions.*,
        'all' as counted_service
    from actions

),

parted as (

    select
        served.*,
        'all' as part,
        'all' as part_value
    from served

    union all

    select
        served.*,
        'indicator' as part,
        indicators.indicator_code as part_value
    from served
    inner join indicators
        on {{ names_indicator('served.indicators', 'indicators.indicator_code') }}
    {%- for part in ("theme", "time_scale", "progress") %}

    union all

    select
        served.*,
        '{{ part }}' as part,
        served.{{ part }} as part_value
    from served
    where served.{{ part }} is not null
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
        counted_service as service,
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
        counted_service as service,
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
