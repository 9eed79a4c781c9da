-- What reports printed, beside what the warehouse computes, and what two years' printed figures can tell by themselves.
{%- set key = (
    "collection", "collection_year", "area_level", "area_code", "service", "indicator_code", "breakdown", "figure",
) %}
with

printed_figures as (

    select
        {{ key | join(',\n        ') }},
        comparison_group,
        reference_group,
        printed,
        {{ double('printed_value') }} as printed_value,
        5e-1 * power({{ double('10') }}, -decimals) as half_a_unit,
        source
    from {{ ref('headline_printed') }}

),

definitions as (

    select
        collection,
        indicator_code,
        first_year,
        break_note
    from {{ ref('indicator_register') }}
    where breaks_with_previous

),

indicators as (

    select * from {{ every_service('fct_indicator') }} as figures
    where
        definition = 'as_collected'
        and area_code in (select printed_figures.area_code from printed_figures)

),

pay_bands as (

    select * from {{ ref('fct_pay_band') }}
    where area_code in (select printed_figures.area_code from printed_figures)

),

synthetic_years as (

    select
        collection,
        collection_year
    from {{ ref('submission_version') }}
    where version_rank = 1 and is_synthetic
    group by
        collection,
        collection_year

),

-- The range of values that are rounded to what was printed, and that of the year printed before.
ranges as (

    select
        *,
        printed_value - half_a_unit as least_value,
        printed_value + half_a_unit as greatest_value,
        lag(collection_year) over (
            partition by {{ key | reject("equalto", "collection_year") | join(', ') }}
            order by collection_year
        ) as previous_year
    from printed_figures

),

breaks as (

    select
        ranges.{{ key | join(',\n        ranges.') }},
        min(definitions.break_note) as break_note
    from ranges
    inner join definitions
        on
            ranges.collection = definitions.collection
            and ranges.indicator_code = definitions.indicator_code
            and ranges.previous_year < definitions.first_year
            and ranges.collection_year >= definitions.first_year
    group by
        ranges.{{ key | join(',\n        ranges.') }}

),

compared as (

    select
        ranges.*,
        previous_ranges.printed as previous_printed,
        ranges.least_value / nullif(previous_ranges.greatest_value, 0) as least_ratio,
        ranges.greatest_value / nullif(previous_ranges.least_value, 0) as greatest_ratio,
        case
            when ranges.figure = 'relative_likelihood' then indicators.relative_likelihood
            when ranges.figure = 'share_of_band' then pay_bands.share_of_band
        end as computed_value,
        synthetic_years.collection is not null as is_synthetic
    from ranges
    left join ranges as previous_ranges
        on
            ranges.previous_year = previous_ranges.collection_year
            {% for column in key if column not in ("collection_year", "collection") -%}
            and ranges.{{ column }} = previous_ranges.{{ column }}
            {% endfor -%}
            and ranges.collection = previous_ranges.collection
    left join indicators
        on
            {% for column in key if column not in ("collection", "figure") -%}
            ranges.{{ column }} = indicators.{{ column }}
            and {% endfor -%}
            ranges.collection = indicators.collection
            and ranges.comparison_group = indicators.comparison_group
            and ranges.reference_group = indicators.reference_group
    left join pay_bands
        on
            {% for column in key if column not in ("collection", "figure", "indicator_code", "breakdown") -%}
            ranges.{{ column }} = pay_bands.{{ column }}
            and {% endfor -%}
            ranges.collection = pay_bands.collection
            and ranges.comparison_group = pay_bands.comparison_group
            and ranges.breakdown = pay_bands.pay_band
    left join synthetic_years
        on
            ranges.collection = synthetic_years.collection
            and ranges.collection_year = synthetic_years.collection_year

),

final as (

    select
        {% for column in key -%}
        compared.{{ column }},
        {% endfor -%}
        compared.comparison_group,
        compared.reference_group,
        compared.printed,
        compared.printed_value,
        compared.least_value,
        compared.greatest_value,
        compared.computed_value,
        compared.computed_value between compared.least_value and compared.greatest_value as is_within_range,
        compared.is_synthetic,
        compared.previous_year,
        compared.previous_printed,
        compared.least_ratio,
        compared.greatest_ratio,
        compared.least_ratio > 1 or compared.greatest_ratio < 1 as is_change_printed,
        breaks.break_note as comparability_note,
        compared.source
    from compared
    left join breaks
        on {{ same_columns('compared', 'breaks', key) }}

)

select * from final
