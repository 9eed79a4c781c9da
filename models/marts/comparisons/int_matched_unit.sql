-- Who stands behind each total of the matched panel: its common areas, service by service, with both years' counts.
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

changes as (

    select * from {{ every_service('int_year_on_year_counts') }} as figures
    where
        panel != 'all'
        and area_level = 'organisation'
        and {{ is_year_to_build() }}

),

comparable_areas as (

    select * from {{ ref('int_comparable_area') }}
    where {{ is_year_to_build() }}

),

organisations as (

    select
        organisation_code,
        region_code
    from {{ ref('organisation') }}

),

totals as (

    select * from {{ ref('total_membership') }}

),

-- The code that the year on year gives a common area, and where its organisations are.
current_areas as (

    {{ reporting_now('comparable_areas', 'organisations') | indent(4) }}

),

final as (

    select
        changes.collection,
        changes.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service as service,
        changes.definition,
        changes.indicator_code,
        changes.breakdown,
        changes.comparison_group,
        changes.reference_group,
        current_areas.comparable_area,
        {% for measure in measures -%}
        changes.{{ measure }},
        changes.previous_{{ measure }},
        {% endfor -%}
        changes.service as unit_service
    from changes
    inner join current_areas
        on
            changes.collection = current_areas.collection
            and changes.collection_year = current_areas.collection_year
            and changes.service = current_areas.service
            and changes.area_code = current_areas.area_code
    inner join totals
        on
            current_areas.collection = totals.collection
            and current_areas.service = totals.service
            and current_areas.an_organisation_code = totals.organisation_code
    where totals.area_level = 'national' or current_areas.is_in_one_region

)

{{ kept_by_year('final') }}
