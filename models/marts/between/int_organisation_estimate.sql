-- Each organisation's figure beside those of all in England that have one, on the logarithmic scale.
with

organisation_counts as (

    select * from {{ ref('int_organisation_counts') }}

),

england as (

    select
        *,
        {{ joint_quantile('members') }} as joint_z
    from {{ ref('int_organisation_pool') }}
    where
        area_level = 'national'
        and unit = 'organisation'

),

beside_england as (

    select
        organisation_counts.*,
        england.pool_key,
        england.area_code as compared_with,
        england.organisations,
        england.tau_squared,
        england.random_mean,
        england.random_error,
        england.funnel_centre,
        england.phi,
        england.funnel_tau_squared,
        england.joint_z,
        -- One organisation by itself has nobody to borrow from or to stand beside.
        organisation_counts.is_compared and england.organisations > 1 as is_beside_others
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

joint_intervals as (

    select
        pool_key,
        organisation_code,
        log_ratio,
        log_ratio - joint_z * sqrt(log_variance) as lower,
        log_ratio + joint_z * sqrt(log_variance) as upper
    from beside_england
    where is_beside_others

),

rank_intervals as (

    {{ rank_interval('joint_intervals', 'pool_key', 'organisation_code') | indent(4) }}

),

ranks as (

    select
        pool_key,
        organisation_code,
        rank() over (partition by pool_key order by log_ratio) as own_rank
    from joint_intervals

),

final as (

    select
        beside_england.*,
        case
            when beside_england.is_beside_others
                then {{ shrinkage_weight('beside_england.log_variance', 'beside_england.tau_squared') }}
        end as shrinkage_weight,
        case
            when beside_england.is_beside_others
                then
                    {{ shrunk_log_ratio(
                        'beside_england.log_ratio', 'beside_england.log_variance',
                        'beside_england.random_mean', 'beside_england.tau_squared'
                    ) | indent(20) }}
        end as shrunk_log_ratio,
        case
            when beside_england.is_beside_others
                then
                    {{ shrunk_log_variance(
                        'beside_england.log_variance', 'beside_england.tau_squared', 'beside_england.random_error'
                    ) | indent(20) }}
        end as shrunk_log_variance,
        ranks.own_rank,
        rank_intervals.rank_lower,
        rank_intervals.rank_upper
    from beside_england
    left join ranks
        on
            beside_england.pool_key = ranks.pool_key
            and beside_england.organisation_code = ranks.organisation_code
    left join rank_intervals
        on
            beside_england.pool_key = rank_intervals.pool_key
            and beside_england.organisation_code = rank_intervals.organisation_code

)

select * from final
