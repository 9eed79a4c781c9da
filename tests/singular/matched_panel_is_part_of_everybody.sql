-- A total of the standard's matched panel is of some of those who took part, so none of its counts is above theirs.
{%- set key = (
    "collection", "area_level", "area_code", "service", "definition", "indicator_code", "breakdown", "comparison_group",
    "reference_group",
) %}
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

changes as (

    select * from {{ every_service('fct_year_on_year') }} as figures
    where collection = 'sc-wres' and area_level != 'organisation'

),

matched as (

    select * from changes
    where panel = 'matched'

),

everybody as (

    select * from changes
    where panel = 'all'

),

final as (

    select
        {% for column in key -%}
        matched.{{ column }},
        {% endfor -%}
        {% for measure in measures -%}
        matched.{{ measure }},
        everybody.{{ measure }} as everybodys_{{ measure }},
        matched.previous_{{ measure }},
        everybody.previous_{{ measure }} as everybodys_previous_{{ measure }},
        {% endfor -%}
        matched.collection_year
    from matched
    left join everybody
        on
            {% for column in key -%}
            matched.{{ column }} = everybody.{{ column }}
            and {% endfor -%}
            matched.collection_year = everybody.collection_year
    where
        {% for measure in measures -%}
        matched.{{ measure }} > everybody.{{ measure }}
        or matched.previous_{{ measure }} > everybody.previous_{{ measure }}
        or everybody.{{ measure }} is null
        or everybody.previous_{{ measure }} is null
        or {% endfor -%}
        everybody.collection is null

)

select * from final
