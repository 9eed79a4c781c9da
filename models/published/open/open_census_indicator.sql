{%- set places = open_counts() %}
with

figures as (

    select * from {{ every_service('fct_indicator') }} as figures
    where
        collection = '{{ var("open_outside_collection") }}'
        and definition = 'as_collected'
        and {{ in_open_groups(var('open_outside_comparison_groups')) }}

),

areas as (

    select * from {{ ref('dim_area') }}

),

definitions as (

    select
        collection,
        indicator_code,
        definition_version,
        indicator_name
    from {{ ref('dim_indicator') }}

),

publishers_notes as (

    select value_note
    from {{ ref('value_note') }}
    where is_from_publisher

),

-- What the publisher published is shown as it was, whatever its size.
symbolled as (

    select
        figures.*,
        {% for place in places -%}
        figures.{{ place }} as open_{{ place }},
        case
            when figures.{{ place }} is null then coalesce(publishers_notes.value_note, 'x')
        end as {{ place }}_symbol,
        {% endfor -%}
        {{ open_symbol(
            'figures.relative_likelihood', ['figures.numerator'], "publishers_notes.value_note = 'c'",
            'figures.value_note'
        ) }} as likelihood_symbol
    from figures
    left join publishers_notes
        on figures.value_note = publishers_notes.value_note

),

{{ open_indicator_rows() }}
