{%- set places = open_counts() %}
with

changes as (

    select * from {{ ref('year_on_year') }}
    where
        collection = '{{ var("open_outside_collection") }}'
        and definition = 'as_collected'
        and {{ in_open_groups(var('open_outside_comparison_groups')) }}
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
        {% for place in places -%}
        {% for side in ("", "previous_") -%}
        changes.{{ side ~ place }} as open_{{ side ~ place }},
        case when changes.{{ side ~ place }} is null then 'x' end as {{ side ~ place }}_symbol,
        {% endfor -%}
        {% endfor -%}
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

{{ open_change_rows() }}
