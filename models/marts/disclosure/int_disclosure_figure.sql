-- The counts that the open release would show, were nobody to be protected.
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
{%- set key = (
    "collection", "collection_year", "area_level", "area_code", "service", "indicator_code", "breakdown",
    "comparison_group", "reference_group",
) %}
with

figures as (

    select * from {{ every_service('int_indicator_counts') }} as figures
    where
        definition = 'as_collected'
        and value_note is null

),

changes as (

    select * from {{ every_service('int_year_on_year_counts') }} as figures
    where definition = 'as_collected'

),

years as (

    select
        collection,
        collection_year,
        row_number() over (
            partition by collection
            order by collection_year desc
        ) as rounds_ago
    from {{ ref('collection_year') }}

),

-- Everything from here on is of these rounds and groups only.
years_in_scope as (

    select
        collection,
        collection_year
    from years
    where
        collection = '{{ var("open_collection") }}'
        and rounds_ago <= {{ var("open_rounds") }}

),

this_year as (

    select
        {% for column in key -%}
        figures.{{ column }},
        {% endfor -%}
        'all' as panel,
        figures.collection_year as counted_year,
        {% for measure in measures -%}
        figures.{{ measure }},
        {% endfor -%}
        figures.organisations
    from figures
    inner join years_in_scope
        on
            figures.collection = years_in_scope.collection
            and figures.collection_year = years_in_scope.collection_year

),

sides as (

    {% for side in ("", "previous_") -%}
    select
        {% for column in key -%}
        changes.{{ column }},
        {% endfor -%}
        case when changes.area_level = 'organisation' then 'all' else changes.panel end as panel,
        changes.{{ "previous_year" if side else "collection_year" }} as counted_year,
        {% for measure in measures -%}
        changes.{{ side ~ measure ~ ' as ' ~ measure if side else measure }},
        {% endfor -%}
        changes.{{ side ~ 'organisations as organisations' if side else 'organisations' }}
    from changes
    inner join years_in_scope
        on
            changes.collection = years_in_scope.collection
            and changes.collection_year = years_in_scope.collection_year
    -- This year's side of everybody is the figure itself; an organisation is its own panel.
    where {{ "changes.panel != 'matched' or changes.area_level != 'organisation'" if side else
        "changes.panel = 'matched' and changes.area_level != 'organisation'" }}
    {{ "union all" if not loop.last }}
    {% endfor %}

),

final as (

    select * from this_year
    union all
    select * from sides

)

select * from final
where
    {{ in_open_groups() }}
    {% for measure in measures -%}
    and {{ measure }} is not null
    {% endfor -%}
    and numerator <= denominator
    and reference_numerator <= reference_denominator
