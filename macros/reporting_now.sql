{% macro reporting_now(comparable_areas, organisations) -%}
    {#-
    Who reports now for each area that two rounds have in common.

    comparable_areas, organisations: names of CTEs of int_comparable_area, and of organisation_code with region_code.
    Returns: a select, to be the body of a CTE, one row for each collection, year, service and comparable_area:
        area_code, the codes of those who report for it now;
        an_organisation_code, one of them: where one region holds the whole area, any of them says which;
        is_in_one_region.
    -#}
    select
        comparable_areas.collection,
        comparable_areas.collection_year,
        comparable_areas.service,
        comparable_areas.comparable_area,
        {{ dbt.listagg(
            "comparable_areas.organisation_code", "' / '", "order by comparable_areas.organisation_code"
        ) }} as area_code,
        min(comparable_areas.organisation_code) as an_organisation_code,
        coalesce(min(organisations.region_code) = max(organisations.region_code), false) as is_in_one_region
    from {{ comparable_areas }} as comparable_areas
    left join {{ organisations }} as organisations
        on comparable_areas.organisation_code = organisations.organisation_code
    where comparable_areas.side = 'current'
    group by
        comparable_areas.collection,
        comparable_areas.collection_year,
        comparable_areas.service,
        comparable_areas.comparable_area
{%- endmacro %}
