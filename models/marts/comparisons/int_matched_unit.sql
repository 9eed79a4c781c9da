-- Who stands behind each total of the matched panel: its common areas, service by service, with both years' counts.
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

changes as (

    select * from {{ ref('int_year_on_year_counts') }}
    where
        panel = 'matched'
        and area_level = 'organisation'
        and {{ is_year_to_build() }}

),

comparable_areas as (

    select * from {{ ref('int_comparable_area') }}
    where side = 'current' and {{ is_year_to_build() }}

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
area_codes as (

    select
        comparable_areas.collection,
        comparable_areas.collection_year,
        comparable_areas.service,
        comparable_areas.comparable_area,
        min(comparable_areas.organisation_code) as an_organisation_code,
        count(distinct organisations.region_code) as regions,
        {{ dbt.listagg(
            "comparable_areas.organisation_code", "' / '", "order by comparable_areas.organisation_code"
        ) }} as area_code
    from comparable_areas
    left join organisations
        on comparable_areas.organisation_code = organisations.organisation_code
    group by
        comparable_areas.collection,
        comparable_areas.collection_year,
        comparable_areas.service,
        comparable_areas.comparable_area

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
        area_codes.comparable_area,
        {% for measure in measures -%}
        changes.{{ measure }},
        changes.previous_{{ measure }},
        {% endfor -%}
        changes.service as unit_service
    from changes
    inner join area_codes
        on
            changes.collection = area_codes.collection
            and changes.collection_year = area_codes.collection_year
            and changes.service = area_codes.service
            and changes.area_code = area_codes.area_code
    inner join totals
        on
            area_codes.collection = totals.collection
            and area_codes.service = totals.service
            and area_codes.an_organisation_code = totals.organisation_code
    where totals.area_level = 'national' or area_codes.regions = 1

)

{{ kept_by_year('final') }}
