-- The common areas behind a total of the matched panel are all of it: no count is lost and none is there twice.
{%- set key = (
    "collection", "collection_year", "area_level", "area_code", "service", "definition", "indicator_code", "breakdown",
    "comparison_group", "reference_group",
) %}
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

panel as (

    select * from {{ every_service('int_year_on_year_counts') }} as figures
    where
        panel = 'matched'
        and area_level != 'organisation'
        and {{ is_year_to_build() }}

),

summed as (

    select
        {{ key | join(',\n        ') }},
        {% for measure in measures -%}
        sum({{ measure }}) as {{ measure }},
        sum(previous_{{ measure }}) as previous_{{ measure }},
        {% endfor -%}
        count(distinct comparable_area) as organisations
    from {{ ref('int_matched_unit') }}
    where {{ is_year_to_build() }}
    group by
        {{ key | join(',\n        ') }}

),

final as (

    select
        coalesce(panel.collection, summed.collection) as collection,
        coalesce(panel.area_code, summed.area_code) as area_code,
        coalesce(panel.indicator_code, summed.indicator_code) as indicator_code,
        coalesce(panel.comparison_group, summed.comparison_group) as comparison_group,
        panel.numerator as numerator_of_panel,
        summed.numerator as numerator_of_units
    from panel
    full outer join summed
        on
            {% for column in key[1:] -%}
            panel.{{ column }} = summed.{{ column }}
            and {% endfor -%}
            panel.collection = summed.collection
    where
        {% for measure in measures -%}
        panel.{{ measure }} is distinct from summed.{{ measure }}
        or panel.previous_{{ measure }} is distinct from summed.previous_{{ measure }}
        or {% endfor -%}
        panel.organisations is distinct from summed.organisations

)

select * from final
