{% macro hidiroglou_berthelot(relation, key, family) -%}
    {#-
    Which values moved against the year before far more, or far less, than their like.

    relation: name of a CTE or relation with the columns previous_value and current_value (both above 0; other rows are
    left out), the columns of the family and the key.
    key: name of the column that is unique to a row.
    family: list of the columns that name the values compared with each other.
    Returns: a select, to be the body of a CTE, one row a value that can be judged:
        the key;
        median_ratio, the middle of current over previous in the family;
        effect, how far the value's own ratio lies from it, weighed by the size of the value;
        effect_lower and effect_upper, the limits of what is usual.
    Source: Hidiroglou and Berthelot (1986); the variables unusual_change_size_power (U), unusual_change_floor (A) and
    unusual_change_width (C).
    Why: a jump from 2 to 4 is nothing, one from 200 to 400 is worth a question; the ratio is taken both ways up, so that
    halving counts as much as doubling.
    -#}
    {%- set floor = double(var('unusual_change_floor')) ~ ' * abs(quartiles.middle)' -%}
    {%- set width = double(var('unusual_change_width')) -%}
    with

    change_ratios as (

        select
            {{ key }},
            {{ family | join(',\n            ') }},
            {{ double('current_value') }} / nullif({{ double('previous_value') }}, 0) as ratio,
            {{ double('greatest(previous_value, current_value)') }} as larger
        from {{ relation }}
        where previous_value > 0 and current_value > 0

    ),

    change_medians as (

        select
            {{ family | join(',\n            ') }},
            percentile_cont(0.5) within group (order by ratio) as median_ratio
        from change_ratios
        group by {{ family | join(', ') }}

    ),

    change_effects as (

        select
            ratios.{{ key }},
            {% for column in family -%}
            ratios.{{ column }},
            {% endfor -%}
            medians.median_ratio,
            case
                when ratios.ratio < medians.median_ratio then 1 - medians.median_ratio / nullif(ratios.ratio, 0)
                else ratios.ratio / nullif(medians.median_ratio, 0) - 1
            end * power(ratios.larger, {{ double(var('unusual_change_size_power')) }}) as effect
        from change_ratios as ratios
        inner join change_medians as medians
            on
                {% for column in family -%}
                ratios.{{ column }} = medians.{{ column }}{{ ' and ' if not loop.last }}
                {%- endfor %}

    ),

    change_quartiles as (

        select
            {{ family | join(',\n            ') }},
            percentile_cont(0.25) within group (order by effect) as low,
            percentile_cont(0.5) within group (order by effect) as middle,
            percentile_cont(0.75) within group (order by effect) as high
        from change_effects
        group by {{ family | join(', ') }}

    ),

    final as (

        select
            effects.{{ key }},
            effects.median_ratio,
            effects.effect,
            quartiles.middle
            - {{ width }} * greatest(quartiles.middle - quartiles.low, {{ floor }}) as effect_lower,
            quartiles.middle
            + {{ width }} * greatest(quartiles.high - quartiles.middle, {{ floor }}) as effect_upper
        from change_effects as effects
        inner join change_quartiles as quartiles
            on
                {% for column in family -%}
                effects.{{ column }} = quartiles.{{ column }}{{ ' and ' if not loop.last }}
                {%- endfor %}

    )

    select * from final
{%- endmacro %}
