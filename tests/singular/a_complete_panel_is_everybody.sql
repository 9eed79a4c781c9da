-- Where the same organisations are in both years, the matched panel is everybody. The sum of services is left out: an
-- organisation is in it with one service or with both.
{%- set key = (
    "collection_year", "area_level", "area_code", "service", "definition", "indicator_code", "breakdown",
    "comparison_group", "reference_group",
) %}
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

changes as (

    select * from {{ every_service('fct_year_on_year') }} as figures
    where collection = 'sc-wres' and area_level != 'organisation' and service != 'all'

),

everybody as (

    select * from changes
    where panel = 'all'

),

matched as (

    select * from changes
    where panel = 'matched'

),

final as (

    select
        {% for measure in measures -%}
        everybody.{{ measure }},
        matched.{{ measure }} as matched_{{ measure }},
        {% endfor -%}
        everybody.area_code
    from everybody
    inner join matched
        on
            {% for column in key -%}
            everybody.{{ column }} = matched.{{ column }}
            and {% endfor -%}
            everybody.organisations = matched.organisations
            and everybody.previous_organisations = matched.previous_organisations
    where
        {% for measure in measures -%}
        everybody.{{ measure }} != matched.{{ measure }}
        or everybody.previous_{{ measure }} != matched.previous_{{ measure }}
        or {% endfor -%}
        everybody.relative_likelihood != matched.relative_likelihood

)

select * from final
