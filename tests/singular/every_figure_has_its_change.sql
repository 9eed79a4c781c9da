-- Each figure of a year that has a year before it stands once in the year on year for everybody, with the same counts,
-- and last year's counts are those of last year's figure.
{%- set key = (
    "collection", "area_level", "area_code", "service", "definition", "indicator_code", "breakdown", "comparison_group",
    "reference_group",
) %}
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

years as (

    select * from {{ ref('collection_year') }}

),

years_read as (

    {{ years_read('years') | indent(4) }}

),

collected_or_restated as (

    select
        {% for column in key + measures -%}
        figures.{{ column }},
        {% endfor -%}
        figures.collection_year
    from {{ every_service('fct_indicator') }} as figures
    inner join years_read
        on figures.collection_year = years_read.collection_year

),

restated as (

    select
        collection,
        indicator_code,
        max(collection_year) as last_restated_year
    from {{ every_service('fct_indicator') }} as figures
    where definition = 'restated'
    group by
        collection,
        indicator_code

),

-- The year after the last restated one is the first of today's definition, and the end of the restated series.
figures as (

    select * from collected_or_restated

    union all

    select
        {% for column in key + measures -%}
        {{ "'restated' as definition" if column == "definition" else "figures." ~ column }},
        {% endfor -%}
        figures.collection_year
    from collected_or_restated as figures
    inner join restated
        on
            figures.collection = restated.collection
            and figures.indicator_code = restated.indicator_code
    inner join years
        on
            figures.collection = years.collection
            and figures.collection_year = years.collection_year
            and restated.last_restated_year = years.previous_year

),

changes as (

    select * from {{ every_service('fct_year_on_year') }} as figures
    where panel != 'matched' and {{ is_year_to_build() }}

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
    inner join {{ ref('comparison_pair') }} as comparison_pairs
        on
            figures.comparison_group = comparison_pairs.comparison_group
            and figures.reference_group = comparison_pairs.reference_group
    -- In detail only what has a figure before it.
    where
        years.previous_year is not null
        and {{ is_year_to_build('figures.collection_year') }}
        and (previous.collection is not null or not comparison_pairs.is_detail)

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
