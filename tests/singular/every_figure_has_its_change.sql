-- Each figure of a year that has a year before it stands once in the year on year for everybody, with the same counts,
-- and last year's counts are those of last year's figure.
{%- set key = (
    "collection", "area_level", "area_code", "service", "indicator_code", "breakdown", "comparison_group",
    "reference_group",
) %}
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

figures as (

    select * from {{ ref('fct_indicator') }}

),

changes as (

    select * from {{ ref('fct_year_on_year') }}
    where panel = 'all'

),

years as (

    select * from {{ ref('collection_year') }}

),

expected as (

    select
        figures.*,
        {% for measure in measures -%}
        previous.{{ measure }} as previous_{{ measure }},
        {% endfor -%}
        years.previous_year
    from figures
    inner join years
        on
            figures.collection = years.collection
            and figures.collection_year = years.collection_year
    left join figures as previous
        on
            {% for column in key -%}
            figures.{{ column }} = previous.{{ column }}
            and {% endfor -%}
            years.previous_year = previous.collection_year
    where years.previous_year is not null

),

final as (

    select
        {% for column in key -%}
        coalesce(expected.{{ column }}, changes.{{ column }}) as {{ column }},
        {% endfor -%}
        coalesce(expected.collection_year, changes.collection_year) as collection_year,
        expected.collection is not null as is_a_figure,
        changes.collection is not null as is_shown
    from expected
    full outer join changes
        on
            {% for column in key -%}
            expected.{{ column }} = changes.{{ column }}
            and {% endfor -%}
            expected.collection_year = changes.collection_year
    where
        {% for measure in measures -%}
        coalesce(expected.{{ measure }}, -1) != coalesce(changes.{{ measure }}, -1)
        or coalesce(expected.previous_{{ measure }}, -1) != coalesce(changes.previous_{{ measure }}, -1)
        or {% endfor -%}
        expected.collection is null
        or changes.collection is null
        or expected.previous_year != changes.previous_year

)

select * from final
