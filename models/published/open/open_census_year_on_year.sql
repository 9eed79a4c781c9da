{%- set places = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

changes as (

    select * from {{ ref('fct_year_on_year') }}
    where
        collection = '{{ var("open_outside_collection") }}'
        and definition = 'as_collected'
        and comparison_group in ({{ "'" ~ var("open_comparison_groups") | join("', '") ~ "'" }})
        and reference_group = '{{ var("open_reference_group") }}'
        -- An organisation is its own panel.
        and (panel = 'all' or area_level != 'organisation')

),

areas as (

    select * from {{ ref('dim_area') }}

),

indicator_names as (

    select
        collection,
        indicator_code,
        max(indicator_name) as indicator_name
    from {{ ref('dim_indicator') }}
    group by
        collection,
        indicator_code

),

symbolled as (

    select
        {% for symbol, value, counts in (
            ("previous_likelihood_symbol", "previous_relative_likelihood", ["changes.previous_numerator"]),
            ("likelihood_symbol", "relative_likelihood", ["changes.numerator"]),
            ("change_symbol", "ratio_of_ratios", ["changes.numerator", "changes.previous_numerator"]),
        ) -%}
        {{ open_symbol('changes.' ~ value, counts, 'false', 'changes.comparability_note') }} as {{ symbol }},
        {% endfor -%}
        changes.*
    from changes

),

final as (

    select
        {{ open_place_columns('symbolled', 'areas') }},
        symbolled.service,
        symbolled.indicator_code,
        indicator_names.indicator_name,
        symbolled.breakdown,
        symbolled.comparison_group,
        symbolled.reference_group,
        symbolled.previous_year as previous_time_period,
        symbolled.panel,
        cast(symbolled.organisations as bigint) as organisations,
        cast(symbolled.previous_organisations as bigint) as previous_organisations,
        {% for side in ("", "previous_") -%}
        {% for place in places -%}
        symbolled.{{ side ~ place }},
        case when symbolled.{{ side ~ place }} is null then 'x' end as {{ side ~ place ~ '_symbol' }},
        {% endfor -%}
        {% endfor -%}
        symbolled.previous_relative_likelihood,
        symbolled.previous_likelihood_symbol,
        symbolled.relative_likelihood,
        symbolled.likelihood_symbol,
        {% for value in ("ratio_of_ratios", "lower_95", "upper_95", "p_value", "change") -%}
        case when symbolled.change_symbol is null then symbolled.{{ value }} end as {{ value }},
        {% endfor -%}
        symbolled.change_symbol
    from symbolled
    inner join indicator_names
        on
            symbolled.collection = indicator_names.collection
            and symbolled.indicator_code = indicator_names.indicator_code
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
    reference_group,
    panel
