-- In the standard an organisation's comparator of a region or England, and what the organisation itself has put into
-- the area's total, are that total.
{%- set figure = (
    "collection", "collection_year", "indicator_code", "breakdown", "comparison_group", "reference_group",
) %}
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

comparators as (

    select * from {{ ref('fct_comparator') }}
    where
        collection = 'sc-wres'
        and comparator in ('region', 'england')
        and comparator_numerator is not null
        and {{ is_year_to_build() }}

),

figures as (

    select * from {{ every_service('fct_indicator') }} as figures
    where
        collection = 'sc-wres'
        and definition = 'as_collected'
        and {{ is_year_to_build() }}

),

organisations as (

    select
        organisation_code,
        region_code
    from {{ ref('organisation') }}

),

services as (

    select * from figures
    where
        area_level = 'organisation'
        and service != 'all'
        and organisations = 1

),

own as (

    select
        {% for column in figure -%}
        {{ column }},
        {% endfor -%}
        {% for measure in measures -%}
        sum({{ measure }}) as {{ measure }},
        {% endfor -%}
        area_code as organisation_code,
        service
    from services
    group by
        {{ figure | join(',\n        ') }},
        area_code,
        service

    union all

    select
        {% for column in figure -%}
        {{ column }},
        {% endfor -%}
        {% for measure in measures -%}
        sum({{ measure }}) as {{ measure }},
        {% endfor -%}
        area_code as organisation_code,
        'all' as service
    from services
    group by
        {{ figure | join(',\n        ') }},
        area_code

),

added as (

    select
        {% for column in figure -%}
        comparators.{{ column }},
        {% endfor -%}
        {% for measure in measures -%}
        comparators.comparator_{{ measure }} + own.{{ measure }} as {{ measure }},
        {% endfor -%}
        comparators.service,
        comparators.organisation_code,
        case
            when comparators.comparator = 'region' then organisations.region_code else '{{ var("england_code") }}'
        end as area_code
    from comparators
    inner join organisations
        on comparators.organisation_code = organisations.organisation_code
    left join own
        on
            {% for column in figure -%}
            comparators.{{ column }} = own.{{ column }}
            and {% endfor -%}
            comparators.service = own.service
            and comparators.organisation_code = own.organisation_code

),

final as (

    select
        {% for measure in measures -%}
        figures.{{ measure }} as area_{{ measure }},
        {% endfor -%}
        added.*
    from added
    left join figures
        on
            {% for column in figure -%}
            added.{{ column }} = figures.{{ column }}
            and {% endfor -%}
            added.service = figures.service
            and added.area_code = figures.area_code
    where
        {% for measure in measures -%}
        coalesce(added.{{ measure }}, -1) != coalesce(figures.{{ measure }}, -2)
        or {% endfor -%}
        false

)

select * from final
