-- A total of the matched panel of the standard is of some of those who took part, so none of its counts is above theirs.
{%- set key = (
    "collection", "collection_year", "area_level", "area_code", "service", "indicator_code", "breakdown",
    "comparison_group", "reference_group",
) %}
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

changes as (

    select * from {{ ref('fct_year_on_year') }}
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
        everybody.previous_{{ measure }} as everybodys_previous_{{ measure }}{{ "," if not loop.last }}
        {% endfor %}
    from matched
    left join everybody
        on
            {% for column in key -%}
            {{ "and " if not loop.first }}matched.{{ column }} = everybody.{{ column }}
            {% endfor %}
    where
        everybody.collection is null
        {%- for measure in measures %}
        or matched.{{ measure }} > coalesce(everybody.{{ measure }}, -1)
        or matched.previous_{{ measure }} > coalesce(everybody.previous_{{ measure }}, -1)
        {%- endfor %}

)

select * from final
