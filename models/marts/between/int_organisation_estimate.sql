-- Each organisation's figure beside those of all in England that have one, on the logarithmic scale.
{%- set table = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

organisation_counts as (

    select * from {{ ref('int_organisation_counts') }}
    where {{ is_year_to_build() }}

),

england as (

    select
        *,
        row_number() over (order by pool_key) as pool_number,
        {{ joint_quantile('values_compared') }} as joint_z
    from {{ ref('int_organisation_pool') }}
    where
        area_level = 'national'
        and unit = 'organisation'

),

beside_england as (

    select
        organisation_counts.*,
        england.pool_number,
        england.area_code as compared_with,
        england.organisations_compared,
        england.tau_squared,
        england.centre,
        england.centre_error,
        england.overdispersion,
        england.funnel_tau_squared,
        england.joint_z,
        -- One organisation by itself has nobody to borrow from or to stand beside.
        organisation_counts.is_compared and england.organisations_compared > 1 as is_beside_others
    from organisation_counts
    inner join england
        on
            organisation_counts.collection = england.collection
            and organisation_counts.collection_year = england.collection_year
            and organisation_counts.service = england.service
            and organisation_counts.indicator_code = england.indicator_code
            and organisation_counts.breakdown = england.breakdown
            and organisation_counts.comparison_group = england.comparison_group
            and organisation_counts.reference_group = england.reference_group

),

measured as (

    select
        *,
        {{ relative_likelihood(*table) }} as relative_likelihood,
        (log_ratio - centre) / sqrt(log_variance + funnel_tau_squared) as funnel_distance
    from beside_england
    where is_beside_others

),

-- The score limits by which ranks hold together; those at the levels of a funnel only for what may lie outside it.
limits_needed as (

    {% for level, z in (("joint", "joint_z"), ("95", double(var("z_95"))), ("998", double(var("z_998")))) -%}
    select
        pool_number,
        organisation_code,
        {% for count in table -%}
        {{ count }},
        {% endfor -%}
        '{{ level }}' as limits_for,
        {{ z }} as z
    from measured
    {%- if level != "joint" %}
    where abs(funnel_distance) > {{ z }}
    {%- endif %}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {% endfor %}

),

limits as (

    select
        pool_number,
        organisation_code,
        limits_for,
        {{ miettinen_nurminen_lower(*table, z='z') }} as lower,
        {{ miettinen_nurminen_upper(*table, z='z') }} as upper
    from limits_needed

),

joint_limits as (

    select * from limits
    where limits_for = 'joint'

),

funnel_limits as (

    select
        {% for level in ("95", "998") -%}
        max(case when limits_for = '{{ level }}' then lower end) as lower_{{ level }},
        max(case when limits_for = '{{ level }}' then upper end) as upper_{{ level }},
        {% endfor -%}
        pool_number,
        organisation_code
    from limits
    where limits_for != 'joint'
    group by
        pool_number,
        organisation_code

),

rank_intervals as (

    {{ rank_interval('joint_limits', 'pool_number', 'organisation_code') | indent(4) }}

),

placed as (

    select
        pool_number,
        organisation_code,
        funnel_distance,
        -- Without an event in the reference group the ratio is beyond every other.
        cast(
            rank() over (partition by pool_number order by relative_likelihood asc nulls last) as bigint
        ) as own_rank
    from measured

),

final as (

    select
        beside_england.collection,
        beside_england.collection_year,
        beside_england.organisation_code,
        beside_england.service,
        beside_england.indicator_code,
        beside_england.definition_version,
        beside_england.breakdown,
        beside_england.comparison_group,
        beside_england.reference_group,
        beside_england.numerator,
        beside_england.denominator,
        beside_england.reference_numerator,
        beside_england.reference_denominator,
        beside_england.not_fit_note,
        beside_england.is_compared,
        beside_england.log_ratio,
        beside_england.log_variance,
        beside_england.compared_with,
        beside_england.organisations_compared,
        beside_england.tau_squared,
        beside_england.centre,
        beside_england.centre_error,
        beside_england.overdispersion,
        beside_england.funnel_tau_squared,
        beside_england.joint_z,
        beside_england.is_beside_others,
        case
            when beside_england.is_beside_others
                then {{ shrinkage_weight('beside_england.log_variance', 'beside_england.tau_squared') }}
        end as shrinkage_weight,
        case
            when beside_england.is_beside_others
                then
                    {{ shrunk_log_ratio(
                        'beside_england.log_ratio', 'beside_england.log_variance',
                        'beside_england.centre', 'beside_england.tau_squared'
                    ) | indent(20) }}
        end as shrunk_log_ratio,
        case
            when beside_england.is_beside_others
                then
                    {{ shrunk_log_variance(
                        'beside_england.log_variance', 'beside_england.tau_squared', 'beside_england.centre_error'
                    ) | indent(20) }}
        end as shrunk_log_variance,
        placed.funnel_distance,
        funnel_limits.lower_95,
        funnel_limits.upper_95,
        funnel_limits.lower_998,
        funnel_limits.upper_998,
        placed.own_rank,
        rank_intervals.rank_lower,
        rank_intervals.rank_upper
    from beside_england
    left join placed
        on
            beside_england.pool_number = placed.pool_number
            and beside_england.organisation_code = placed.organisation_code
    left join funnel_limits
        on
            beside_england.pool_number = funnel_limits.pool_number
            and beside_england.organisation_code = funnel_limits.organisation_code
    left join rank_intervals
        on
            beside_england.pool_number = rank_intervals.pool_number
            and beside_england.organisation_code = rank_intervals.organisation_code

)

{{ kept_by_year('final') }}
