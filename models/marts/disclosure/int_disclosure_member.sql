-- Whose counts are added up in each count of the open release.
{%- set figure = (
    "collection", "collection_year", "panel", "counted_year", "area_level", "area_code", "service", "indicator_code",
    "breakdown", "comparison_group", "reference_group",
) %}
{%- set alike = ("collection", "indicator_code", "breakdown", "comparison_group", "reference_group") %}
with

figures as (

    select * from {{ ref('int_disclosure_figure') }}

),

returned as (

    select * from {{ ref('int_indicator_returned') }}
    where
        definition = 'as_collected'
        and area_level = 'organisation'
        and numerator <= denominator
        and reference_numerator <= reference_denominator

),

totals as (

    select * from {{ ref('total_membership') }}

),

matched_units as (

    select distinct
        collection,
        collection_year,
        area_level,
        area_code,
        service,
        indicator_code,
        breakdown,
        comparison_group,
        reference_group,
        comparable_area,
        unit_service
    from {{ ref('int_matched_unit') }}
    where definition = 'as_collected'

),

comparable_areas as (

    select
        collection,
        collection_year,
        service,
        side,
        comparable_area,
        organisation_code
    from {{ ref('int_comparable_area') }}

),

definitions as (

    select
        collection,
        indicator_code,
        definition_version,
        numerator_measure,
        numerator_breakdown,
        headline_breakdown,
        denominator_measure,
        denominator_breakdown
    from {{ ref('indicator_register') }}

),

organisation_members as (

    select
        {% for column in figure -%}
        figures.{{ column }},
        {% endfor -%}
        figures.area_code as organisation_code,
        returned.service as member_service
    from figures
    inner join returned
        on
            figures.counted_year = returned.collection_year
            {% for column in alike -%}
            and figures.{{ column }} = returned.{{ column }}
            {% endfor -%}
            and figures.area_code = returned.area_code
    where
        figures.area_level = 'organisation'
        and (figures.service = 'all' or figures.service = returned.service)

),

total_members as (

    select
        {% for column in figure -%}
        figures.{{ column }},
        {% endfor -%}
        returned.area_code as organisation_code,
        returned.service as member_service
    from figures
    inner join totals
        on
            figures.collection = totals.collection
            and figures.area_level = totals.area_level
            and figures.area_code = totals.area_code
            and figures.service = totals.total_service
    inner join returned
        on
            figures.counted_year = returned.collection_year
            {% for column in alike -%}
            and figures.{{ column }} = returned.{{ column }}
            {% endfor -%}
            and totals.organisation_code = returned.area_code
            and totals.service = returned.service
    where figures.panel = 'all'

),

matched_members as (

    select
        {% for column in figure -%}
        figures.{{ column }},
        {% endfor -%}
        comparable_areas.organisation_code,
        matched_units.unit_service as member_service
    from figures
    inner join matched_units
        on
            figures.collection_year = matched_units.collection_year
            and figures.area_level = matched_units.area_level
            and figures.area_code = matched_units.area_code
            and figures.service = matched_units.service
            {%- for column in alike %}
            and figures.{{ column }} = matched_units.{{ column }}
            {%- endfor %}
    inner join comparable_areas
        on
            matched_units.collection = comparable_areas.collection
            and matched_units.collection_year = comparable_areas.collection_year
            and matched_units.unit_service = comparable_areas.service
            and matched_units.comparable_area = comparable_areas.comparable_area
            and comparable_areas.side = case
                when figures.counted_year = figures.collection_year then 'current' else 'previous'
            end
    where figures.panel = 'matched'

),

members as (

    {{ every_row_of(('organisation_members', 'total_members', 'matched_members')) }}

),

counted as (

    select
        members.*,
        returned.numerator,
        returned.denominator,
        returned.reference_numerator,
        returned.reference_denominator,
        definitions.numerator_measure,
        case
            when definitions.numerator_breakdown != '*' then definitions.numerator_breakdown
            when members.breakdown = 'all' then definitions.headline_breakdown
            else members.breakdown
        end as numerator_breakdown,
        definitions.denominator_measure,
        definitions.denominator_breakdown
    from members
    inner join returned
        on
            members.counted_year = returned.collection_year
            {% for column in alike -%}
            and members.{{ column }} = returned.{{ column }}
            {% endfor -%}
            and members.organisation_code = returned.area_code
            and members.member_service = returned.service
    inner join definitions
        on
            returned.collection = definitions.collection
            and returned.indicator_code = definitions.indicator_code
            and returned.definition_version = definitions.definition_version

),

final as (

    {% for place, part, side in (
        ("numerator", "numerator", "comparison"), ("denominator", "denominator", "comparison"),
        ("reference_numerator", "numerator", "reference"), ("reference_denominator", "denominator", "reference"),
    ) -%}
    select
        {{ figure | join(',\n        ') }},
        '{{ place }}' as place,
        organisation_code,
        member_service,
        {{ part }}_measure as measure,
        {{ part }}_breakdown as measure_breakdown,
        {{ side }}_group as ethnic_group,
        {{ place }} as people
    from counted
    {{ "union all" if not loop.last }}
    {% endfor %}

)

select * from final
