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

-- Only places that the release shows: a list of everybody who took part would name those who did not consent.
final as (

    select distinct
        geographic_level,
        coalesce(new_la_code, region_code, country_code) as code,
        coalesce(la_name, region_name, country_name) as area_name,
        region_code,
        region_name
    from shown

)

select * from final
order by
    geographic_level,
    code
