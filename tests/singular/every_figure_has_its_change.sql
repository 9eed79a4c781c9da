-- Each figure of a year that has a year before it stands once in the year on year for everybody, with the same counts,
-- and last year's counts are those of last year's figure.
{%- set key = (
    "collection", "collection_year", "area_level", "area_code", "service", "indicator_code", "breakdown",
    "comparison_group", "reference_group",
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
        {% for column in key -%}
        figures.{{ column }},
        {% endfor -%}
        years.previous_year,
        {% for measure in measures -%}
        figures.{{ measure }},
        previous.{{ measure }} as previous_{{ measure }}{{ "," if not loop.last }}
        {% endfor %}
    from figures
    inner join years
        on
            figures.collection = years.collection
            and figures.collection_year = years.collection_year
    left join figures as previous
        on
            {% for column in key if column != "collection_year" -%}
            figures.{{ column }} = previous.{{ column }}
            and {% endfor -%}
            years.previous_year = previous.collection_year
    where years.previous_year is not null

),

shown as (

    select
        {% for column in key -%}
        {{ column }},
        {% endfor -%}
        previous_year,
        {% for measure in measures -%}
        {{ measure }},
        previous_{{ measure }}{{ "," if not loop.last }}
        {% endfor %}
    from changes

),

final as (

    select
        'not shown' as problem,
        missing.*
    from (select * from expected except select * from shown) as missing

    union all

    select
        'not a figure' as problem,
        extra.*
    from (select * from shown except select * from expected) as extra

)

select * from final
