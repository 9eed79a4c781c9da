{%- set figure = open_figure_columns() %}
{%- set places = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

figures as (

    select * from {{ ref('fct_indicator') }}
    where
        definition = 'as_collected'
        and comparison_group in ({{ "'" ~ var("open_comparison_groups") | join("', '") ~ "'" }})
        and reference_group = '{{ var("open_reference_group") }}'

),

counts as (

    select * from {{ ref('int_open_count') }}
    where
        panel = 'all'
        and counted_year = collection_year

),

consents as (

    select * from {{ ref('int_open_consent') }}

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

years as (

    select distinct
        collection,
        collection_year
    from {{ ref('int_disclosure_figure') }}

),

joined as (

    select
        figures.*,
        {% for place in places -%}
        counts.{{ place }} as open_{{ place }},
        case
            when counts.collection is null then 'x'
            else counts.{{ place }}_symbol
        end as {{ place }}_symbol,
        {% endfor -%}
        coalesce(counts.is_hidden, false) as is_hidden
    from figures
    inner join years
        on
            figures.collection = years.collection
            and figures.collection_year = years.collection_year
    left join counts
        on
            figures.collection = counts.collection
            {% for column in figure[1:] -%}
            and figures.{{ column }} = counts.{{ column }}
            {% endfor %}
    left join consents
        on
            figures.collection = consents.collection
            and figures.collection_year = consents.collection_year
            and figures.area_code = consents.organisation_code
            and figures.service = consents.service
    where figures.area_level != 'organisation' or consents.is_consent_given

),

symbolled as (

    select
        joined.*,
        {{ open_symbol(
            'joined.relative_likelihood', ['joined.open_numerator'], 'joined.is_hidden', 'joined.value_note'
        ) }} as likelihood_symbol
    from joined

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
        symbolled.{{ 'open_' ~ place }} as {{ place }},
        symbolled.{{ place ~ '_symbol' }},
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
