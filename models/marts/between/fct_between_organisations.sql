{%- set z = double(var('z_95')) %}
{%- set key = (
    "collection", "collection_year", "area_level", "area_code", "service", "indicator_code",
    "definition_version", "breakdown", "comparison_group", "reference_group",
) %}
with

-- In a total of services the same organisation's services are compared apart.
pools as (

    select
        *,
        {{ relative_likelihood(
            'numerator', 'denominator', 'reference_numerator', 'reference_denominator'
        ) }} as crude_relative_likelihood
    from {{ ref('int_organisation_pool') }}
    where
        {{ is_year_to_build() }}
        and unit = case when service = 'all' then 'organisation and service' else 'organisation' end

),

homogeneity as (

    select
        pool_key,
        q as chi_squared,
        q_df as df
    from pools

),

homogeneity_tested as (

    {{ chi_squared_upper_tail('homogeneity', 'pool_key') | indent(4) }}

),

quantiles as (

    select
        degrees_of_freedom,
        quantile
    from {{ ref('student_t_quantile') }}

),

prepared as (

    select
        pools.*,
        pools.organisations_compared > 1 as has_spread,
        pools.mantel_haenszel * exp(-{{ z }} * sqrt(pools.mantel_haenszel_log_variance)) as mantel_haenszel_lower_95,
        pools.mantel_haenszel * exp({{ z }} * sqrt(pools.mantel_haenszel_log_variance)) as mantel_haenszel_upper_95,
        pools.crude_relative_likelihood / nullif(pools.mantel_haenszel, 0) as differs_by,
        homogeneity_tested.p_value as q_p,
        coalesce(quantiles.quantile, {{ student_t_quantile('pools.q_df - 1') }}) as prediction_quantile
    from pools
    left join homogeneity_tested
        on pools.pool_key = homogeneity_tested.pool_key
    left join quantiles
        on pools.q_df - 1 = quantiles.degrees_of_freedom

),

-- Where events are rare the half events added draw the mean over organisations away from the value within them.
judged as (

    select
        *,
        has_spread
        and exp(random_mean) between mantel_haenszel_lower_95 and mantel_haenszel_upper_95 as has_random_mean
    from prepared

),

final as (

    select
        {{ key | join(',\n        ') }},
        organisations_compared,
        organisations_left_out,
        crude_relative_likelihood,
        mantel_haenszel,
        mantel_haenszel_lower_95,
        mantel_haenszel_upper_95,
        differs_by,
        differs_by not between 1 / (1 + {{ double(var('simpson_difference')) }})
        and 1 + {{ var('simpson_difference') }} as is_simpson,
        case when has_spread then q end as q,
        case when has_spread then cast(q_df as bigint) end as q_df,
        case when has_spread then q_p end as q_p,
        case when has_spread then i_squared end as i_squared,
        case when has_spread then tau_squared end as tau_squared,
        case when has_random_mean then exp(random_mean) end as random_mean,
        case when has_random_mean then exp(random_mean - {{ z }} * random_error) end as random_mean_lower_95,
        case when has_random_mean then exp(random_mean + {{ z }} * random_error) end as random_mean_upper_95,
        {% for side in ("lower", "upper") -%}
        case
            when has_spread
                then {{ prediction_limit('centre', 'centre_error', 'tau_squared', 'prediction_quantile', side) }}
        end as prediction_{{ side }}_95,
        {% endfor -%}
        case when has_spread then overdispersion end as overdispersion,
        case
            when organisations_compared = 0 then 'not_comparable'
            when organisations_compared = 1 then 'fewer_than_two_organisations'
            when centre is null then 'no_common_value'
            when q_df < 2 then 'fewer_than_three_organisations'
            when not has_random_mean then 'rare_events'
        end as value_note
    from judged

)

{{ kept_by_year('final') }}
