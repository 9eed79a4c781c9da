-- What a total's change is made of: who left, who joined, where the people of those who stayed work, and their rates.
{%- set key = (
    "collection", "collection_year", "area_level", "area_code", "service", "definition", "indicator_code", "breakdown",
    "comparison_group", "reference_group",
) %}
{%- set groups = (("comparison", "numerator", "denominator"),
    ("reference", "reference_numerator", "reference_denominator")) %}
with

changes as (

    select
        *,
        {{ rate("numerator", "denominator") }} as comparison_rate,
        {{ rate("previous_numerator", "previous_denominator") }} as previous_comparison_rate,
        {{ rate("reference_numerator", "reference_denominator") }} as reference_rate,
        {{ rate("previous_reference_numerator", "previous_reference_denominator") }} as previous_reference_rate
    from {{ every_service('fct_year_on_year') }} as figures
    where area_level != 'organisation' and {{ is_year_to_build() }}

),

everybody as (

    select * from changes
    where panel = 'all'

),

matched as (

    select * from changes
    where panel = 'matched'

),

units as (

    select * from {{ ref('int_matched_unit') }}
    where {{ is_year_to_build() }}

),

unit_parts as (

    select
        {% for column in key -%}
        units.{{ column }},
        {% endfor -%}
        {% for group, events, base in groups -%}
        {%- set unit = (
            "units." ~ events, "units." ~ base, "matched." ~ base,
            "units.previous_" ~ events, "units.previous_" ~ base, "matched.previous_" ~ base,
        ) -%}
        {{ kitagawa_weight(*unit) }} as {{ group }}_weight,
        {{ kitagawa_within(*unit) }} as {{ group }}_within,
        {% endfor -%}
        units.unit_service
    from units
    inner join matched
        on
            {% for column in key[1:] -%}
            units.{{ column }} = matched.{{ column }}
            and {% endfor -%}
            units.collection = matched.collection

),

matched_parts as (

    select
        {% for group, events, base in groups -%}
        {{ exact_sum(group ~ "_weight") }} as {{ group }}_weight,
        {{ exact_sum(group ~ "_within") }} as {{ group }}_within,
        {% endfor -%}
        {{ key | join(',\n        ') }}
    from unit_parts
    group by
        {{ key | join(',\n        ') }}

),

-- Every difference of rates, and the same on the scale of logarithms, where the two groups' add up.
measured as (

    select
        {% for column in key -%}
        everybody.{{ column }},
        {% endfor -%}
        everybody.previous_year,
        everybody.comparability_note,
        case
            when
                everybody.relative_likelihood > 0
                and everybody.previous_relative_likelihood > 0
                and matched.relative_likelihood > 0
                and matched.previous_relative_likelihood > 0
                then null
            when matched.collection is null then 'no_matched_organisations'
            when
                0 in (
                    everybody.reference_numerator, everybody.previous_reference_numerator,
                    matched.reference_numerator, matched.previous_reference_numerator
                )
                then 'no_reference_events'
            when
                0 in (
                    everybody.numerator, everybody.previous_numerator, matched.numerator, matched.previous_numerator
                )
                then 'no_comparison_events'
            else 'no_base'
        end as value_note,
        {% for group, events, base in groups -%}
        matched.previous_{{ group }}_rate - everybody.previous_{{ group }}_rate as {{ group }}_rate_left,
        everybody.{{ group }}_rate - matched.{{ group }}_rate as {{ group }}_rate_joined,
        matched_parts.{{ group }}_weight as {{ group }}_rate_weight,
        matched_parts.{{ group }}_within as {{ group }}_rate_within,
        everybody.{{ group }}_rate - everybody.previous_{{ group }}_rate as {{ group }}_rate_total,
        {{ natural_log("matched.previous_" ~ group ~ "_rate") }}
        - {{ natural_log("everybody.previous_" ~ group ~ "_rate") }} as {{ group }}_left,
        {{ natural_log("everybody." ~ group ~ "_rate") }}
        - {{ natural_log("matched." ~ group ~ "_rate") }} as {{ group }}_joined,
        matched_parts.{{ group }}_weight / nullif(
            {{ logarithmic_mean("matched." ~ group ~ "_rate", "matched.previous_" ~ group ~ "_rate") }}, 0
        ) as {{ group }}_weight,
        matched_parts.{{ group }}_within / nullif(
            {{ logarithmic_mean("matched." ~ group ~ "_rate", "matched.previous_" ~ group ~ "_rate") }}, 0
        ) as {{ group }}_within,
        {{ natural_log("everybody." ~ group ~ "_rate") }}
        - {{ natural_log("everybody.previous_" ~ group ~ "_rate") }} as {{ group }}_total,
        {% endfor -%}
        greatest(everybody.previous_organisations - coalesce(matched.previous_organisations, 0), 0)
            as organisations_left,
        greatest(everybody.organisations - coalesce(matched.organisations, 0), 0) as organisations_joined,
        coalesce(matched.organisations, 0) as organisations_weight,
        coalesce(matched.organisations, 0) as organisations_within,
        everybody.organisations as organisations_total
    from everybody
    left join matched
        on
            {% for column in key[1:] -%}
            everybody.{{ column }} = matched.{{ column }}
            and {% endfor -%}
            everybody.collection = matched.collection
    left join matched_parts
        on
            {% for column in key[1:] -%}
            everybody.{{ column }} = matched_parts.{{ column }}
            and {% endfor -%}
            everybody.collection = matched_parts.collection

),

parts as (

    {% for part in ("left", "joined", "weight", "within", "total") -%}
    select
        {{ key | join(',\n        ') }},
        previous_year,
        '{{ part }}' as part,
        value_note,
        comparability_note,
        organisations_{{ part }} as organisations,
        case when value_note is null then comparison_{{ part }} end as comparison_effect,
        case when value_note is null then reference_{{ part }} end as reference_effect,
        case when value_note is null then comparison_rate_{{ part }} end as comparison_rate_effect,
        case when value_note is null then reference_rate_{{ part }} end as reference_rate_effect
    from measured
    {%- if not loop.last %}

    union all

    {% endif -%}
    {% endfor %}

),

final as (

    select
        {{ key | join(',\n        ') }},
        previous_year,
        part,
        comparison_effect - reference_effect as log_effect,
        exp(comparison_effect - reference_effect) as factor,
        comparison_effect,
        reference_effect,
        comparison_rate_effect,
        reference_rate_effect,
        organisations,
        value_note,
        comparability_note
    from parts

)

{{ kept_by_year('final') }}
