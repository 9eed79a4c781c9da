-- The parts of a change add up to it, on the scale of logarithms and of rates, and multiply to the ratio of ratios.
{%- set key = (
    "collection", "collection_year", "area_level", "area_code", "service", "definition", "indicator_code", "breakdown",
    "comparison_group", "reference_group",
) %}
{%- set effects = (
    "log_effect", "comparison_effect", "reference_effect", "comparison_rate_effect", "reference_rate_effect",
) %}
with

changes as (

    select * from {{ every_service('fct_year_on_year') }} as figures
    where
        panel = 'all'
        and area_level != 'organisation'

),

parts as (

    select
        {{ key | join(',\n        ') }},
        {% for effect in effects -%}
        sum(case when part != 'total' then {{ effect }} end) as {{ effect }},
        max(case when part = 'total' then {{ effect }} end) as total_{{ effect }},
        {% endfor -%}
        max(case when part = 'total' then factor end) as total_factor,
        exp(sum(case when part != 'total' then ln(factor) end)) as factor,
        count(*) as parts,
        count(log_effect) as effects
    from {{ ref('fct_decomposition') }}
    group by
        {{ key | join(',\n        ') }}

),

final as (

    select
        {% for column in key -%}
        changes.{{ column }},
        {% endfor -%}
        changes.ratio_of_ratios,
        parts.factor,
        parts.log_effect,
        parts.total_log_effect
    from changes
    left join parts
        on
            {% for column in key[1:] -%}
            changes.{{ column }} = parts.{{ column }}
            and {% endfor -%}
            changes.collection = parts.collection
    where
        parts.parts is distinct from 5
        or parts.effects not in (0, 5)
        {% for effect in effects -%}
        or abs(parts.{{ effect }} - parts.total_{{ effect }}) > 1e-9
        {% endfor -%}
        or abs(parts.factor / changes.ratio_of_ratios - 1) > 1e-9
        or abs(parts.total_factor / changes.ratio_of_ratios - 1) > 1e-9

)

select * from final
