{%- set places = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

figures as (

    select * from {{ ref('fct_indicator') }}
    where
        collection = '{{ var("open_outside_collection") }}'
        and definition = 'as_collected'
        and comparison_group in ({{ "'" ~ var("open_comparison_groups") | join("', '") ~ "'" }})
        and reference_group = '{{ var("open_reference_group") }}'

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
        coalesce(publishers_notes.value_note, 'x') as count_symbol,
        {{ open_symbol(
            'figures.relative_likelihood', ['figures.numerator'], "publishers_notes.value_note = 'c'",
            'figures.value_note'
        ) }} as likelihood_symbol
    from figures
    left join publishers_notes
        on figures.value_note = publishers_notes.value_note

),

final as (

    select
        {{ open_place_columns('symbolled', 'areas') }},
        symbolled.service,
        symbolled.indicator_code,
        definitions.indicator_name,
        symbolled.breakdown,
        symbolled.comparison_group,
        symbolled.reference_group,
        cast(symbolled.organisations as bigint) as organisations,
        {% for place in places -%}
        symbolled.{{ place }},
        case when symbolled.{{ place }} is null then symbolled.count_symbol end as {{ place }}_symbol,
        {% endfor -%}
        {% for value in (
            "rate", "reference_rate", "relative_likelihood", "lower_95", "upper_95", "p_value", "size", "evidence",
        ) -%}
        case when symbolled.likelihood_symbol is null then symbolled.{{ value }} end as {{ value }},
        {% endfor -%}
        symbolled.likelihood_symbol
    from symbolled
    inner join definitions
        on
            symbolled.collection = definitions.collection
            and symbolled.indicator_code = definitions.indicator_code
            and symbolled.definition_version = definitions.definition_version
    left join areas
        on symbolled.area_code = areas.area_code

)

select * from final
order by
    time_period,
    geographic_level,
    region_code,
    new_la_code,
    service,
    indicator_code,
    breakdown,
    comparison_group,
    reference_group
