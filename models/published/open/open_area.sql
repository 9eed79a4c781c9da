{%- set tables = ("open_indicator", "open_census_indicator", "open_action", "open_good_practice") %}
with

{% for table in tables -%}
{{ table }} as (

    select distinct
        geographic_level,
        country_code,
        country_name,
        region_code,
        region_name,
        new_la_code,
        la_name
    from {{ ref(table) }}

),

{% endfor -%}
shown as (

    {{ every_row_of(tables) }}

),

participation as (

    select * from {{ ref('open_participation') }}

),

-- A region is there once anything of it is shown, be it without figures of its own.
regions as (

    select distinct
        'Regional' as geographic_level,
        country_code,
        country_name,
        region_code,
        region_name,
        cast(null as varchar) as new_la_code,
        cast(null as varchar) as la_name
    from shown
    where region_code is not null

    union

    select distinct
        'Regional' as geographic_level,
        country_code,
        country_name,
        region_code,
        region_name,
        cast(null as varchar) as new_la_code,
        cast(null as varchar) as la_name
    from participation
    where region_code is not null

),

places as (

    {{ every_row_of(("shown", "regions")) }}

),

-- Only places that the release shows: a list of everybody who took part would name those who did not consent.
final as (

    select distinct
        geographic_level,
        coalesce(new_la_code, region_code, country_code) as code,
        coalesce(la_name, region_name, country_name) as area_name,
        region_code,
        region_name
    from places

)

select * from final
order by
    geographic_level,
    code
