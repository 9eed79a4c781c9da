-- The smallest areas that two neighbouring rounds have in common: authorities that were merged or split are joined,
-- and so are those whose reporting organisation changed.
{%- set rounds = 3 %}
{%- set sides = (
    ("previous", "previous_year", "previous_reference_on"),
    ("current", "collection_year", "reference_on"),
) %}
with

years as (

    select
        current_years.collection,
        current_years.collection_year,
        current_years.previous_year,
        current_years.reference_on,
        previous_years.reference_on as previous_reference_on
    from {{ ref('collection_year') }} as current_years
    inner join {{ ref('collection_year') }} as previous_years
        on
            current_years.collection = previous_years.collection
            and current_years.previous_year = previous_years.collection_year

),

returned_services as (

    select
        collection,
        collection_year,
        area_code as organisation_code,
        service,
        max(case when is_all_services then 1 else 0 end) as is_of_one_service
    from {{ ref('int_indicator_counts') }}
    where area_level = 'organisation'
    group by
        collection,
        collection_year,
        area_code,
        service

),

returned as (

    select * from returned_services

    union all

    select
        collection,
        collection_year,
        organisation_code,
        'all' as service,
        is_of_one_service
    from returned_services
    where is_of_one_service = 1

),

organisation_areas as (

    select
        collection,
        organisation_code,
        service,
        area_code,
        valid_from,
        valid_to
    from {{ ref('organisation_area') }}

),

areas as (

    select
        area_code,
        valid_from,
        valid_to
    from {{ ref('area_register') }}

),

changes as (

    select
        change_code,
        effective_on,
        predecessor_code,
        successor_code
    from {{ ref('area_change') }}

),

-- Whose area was whose on the day of each round. What is reported for all services covers the areas of each.
{% for side, year, day in sides -%}
{{ side }}_areas as (

    {% for service in ("organisation_areas.service", "'all'") -%}
    select
        years.collection,
        years.collection_year,
        organisation_areas.organisation_code,
        {{ service }} as service,
        organisation_areas.area_code
    from years
    inner join organisation_areas
        on
            years.collection = organisation_areas.collection
            and {{ is_in_force('organisation_areas', 'years.' ~ day) }}
    {%- if not loop.last %}

    union

    {% endif -%}
    {% endfor %}

),

{% endfor -%}
reporting as (

    {% for side, year, day in sides -%}
    select distinct
        years.collection,
        years.collection_year,
        returned.service,
        '{{ side }}' as side,
        returned.organisation_code,
        returned.is_of_one_service,
        -- An organisation that the register gives no area for that day is an area of its own.
        coalesce({{ side }}_areas.area_code, returned.organisation_code) as area_code
    from years
    inner join returned
        on
            years.collection = returned.collection
            and years.{{ year }} = returned.collection_year
    left join {{ side }}_areas
        on
            years.collection = {{ side }}_areas.collection
            and years.collection_year = {{ side }}_areas.collection_year
            and returned.organisation_code = {{ side }}_areas.organisation_code
            and returned.service = {{ side }}_areas.service
    {%- if not loop.last %}

    union all

    {% endif -%}
    {% endfor %}

),

services as (

    select distinct
        collection,
        collection_year,
        service
    from reporting

),

-- Two areas belong together when one organisation reported for both, or when one reorganisation touched both.
links as (

    select
        collection,
        collection_year,
        service,
        side || ' ' || organisation_code as link,
        area_code
    from reporting

    union all

    {% for end in ("predecessor_code", "successor_code") -%}
    select
        services.collection,
        services.collection_year,
        services.service,
        changes.change_code as link,
        changes.{{ end }} as area_code
    from services
    inner join years
        on
            services.collection = years.collection
            and services.collection_year = years.collection_year
    inner join changes
        on
            years.previous_reference_on < changes.effective_on
            and years.reference_on >= changes.effective_on
    {%- if not loop.last %}

    union all

    {% endif -%}
    {% endfor %}

),

labels_0 as (

    select distinct
        collection,
        collection_year,
        service,
        area_code,
        area_code as comparable_area
    from links

),

-- Each area takes the smallest label among those it is linked with, in {{ rounds }} rounds: far enough for any chain
-- of shared services and reorganisations between two rounds.
{% for step in range(1, rounds + 1) -%}
link_labels_{{ step }} as (

    select
        links.collection,
        links.collection_year,
        links.service,
        links.link,
        min(labels.comparable_area) as comparable_area
    from links
    inner join labels_{{ step - 1 }} as labels
        on
            links.collection = labels.collection
            and links.collection_year = labels.collection_year
            and links.service = labels.service
            and links.area_code = labels.area_code
    group by
        links.collection,
        links.collection_year,
        links.service,
        links.link

),

labels_{{ step }} as (

    select
        links.collection,
        links.collection_year,
        links.service,
        links.area_code,
        min(link_labels.comparable_area) as comparable_area
    from links
    inner join link_labels_{{ step }} as link_labels
        on
            links.collection = link_labels.collection
            and links.collection_year = link_labels.collection_year
            and links.service = link_labels.service
            and links.link = link_labels.link
    group by
        links.collection,
        links.collection_year,
        links.service,
        links.area_code

),

{% endfor -%}

-- How many areas had to be answered for on each side.
areas_there as (

    select
        labels.collection,
        labels.collection_year,
        labels.service,
        labels.comparable_area,
        count(distinct case
            when
                areas.area_code is not null
                and {{ is_in_force('areas', 'years.previous_reference_on') }}
                then labels.area_code
        end) as previous_areas,
        count(distinct case
            when
                areas.area_code is not null
                and {{ is_in_force('areas', 'years.reference_on') }}
                then labels.area_code
        end) as current_areas
    from labels_{{ rounds }} as labels
    inner join years
        on
            labels.collection = years.collection
            and labels.collection_year = years.collection_year
    left join areas
        on labels.area_code = areas.area_code
    group by
        labels.collection,
        labels.collection_year,
        labels.service,
        labels.comparable_area

),

final as (

    select
        reporting.collection,
        reporting.collection_year,
        reporting.service,
        reporting.side,
        reporting.organisation_code,
        labels.comparable_area,
        max(reporting.is_of_one_service) = 1 as is_of_one_service,
        count(distinct reporting.area_code) as areas_reported,
        max(case
            when reporting.side = 'previous' then areas_there.previous_areas else areas_there.current_areas
        end) as areas_there
    from reporting
    inner join labels_{{ rounds }} as labels
        on
            reporting.collection = labels.collection
            and reporting.collection_year = labels.collection_year
            and reporting.service = labels.service
            and reporting.area_code = labels.area_code
    inner join areas_there
        on
            labels.collection = areas_there.collection
            and labels.collection_year = areas_there.collection_year
            and labels.service = areas_there.service
            and labels.comparable_area = areas_there.comparable_area
    group by
        reporting.collection,
        reporting.collection_year,
        reporting.service,
        reporting.side,
        reporting.organisation_code,
        labels.comparable_area

)

select * from final
