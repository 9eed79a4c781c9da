{%- set z = double(var('z_95')) %}
{%- set z_998 = double(var('z_998')) %}
{%- set limits = {
    "lower_95": "estimates.lower_95", "upper_95": "estimates.upper_95",
    "lower_998": "estimates.lower_998", "upper_998": "estimates.upper_998",
} %}
with

estimates as (

    select
        *,
        {{ relative_likelihood(
            'numerator', 'denominator', 'reference_numerator', 'reference_denominator'
        ) }} as relative_likelihood
    from {{ ref('int_organisation_estimate') }}
    where {{ is_year_to_build() }}

),

definitions as (

    select
        collection,
        indicator_code,
        definition_version,
        adverse_when
    from {{ ref('indicator_register') }}

),

final as (

    select
        estimates.collection,
        estimates.collection_year,
        estimates.organisation_code,
        estimates.service,
        estimates.indicator_code,
        estimates.definition_version,
        estimates.breakdown,
        estimates.comparison_group,
        estimates.reference_group,
        estimates.compared_with,
        estimates.organisations_compared,
        case when estimates.not_fit_note is null then estimates.relative_likelihood end as relative_likelihood,
        estimates.shrinkage_weight,
        exp(estimates.shrunk_log_ratio) as shrunk_relative_likelihood,
        exp(estimates.shrunk_log_ratio - {{ z }} * sqrt(estimates.shrunk_log_variance)) as shrunk_lower_95,
        exp(estimates.shrunk_log_ratio + {{ z }} * sqrt(estimates.shrunk_log_variance)) as shrunk_upper_95,
        case when estimates.is_beside_others then exp(estimates.centre) end as centre,
        case when estimates.is_beside_others then estimates.overdispersion end as overdispersion,
        {% for level, quantile in (("95", z), ("998", z_998)) -%}
        {% for side in ("lower", "upper") -%}
        case
            when estimates.is_beside_others
                then
                    {{ funnel_ratio_limit(
                        'estimates.centre', 'estimates.log_variance', 'estimates.funnel_tau_squared',
                        quantile, side
                    ) | indent(20) }}
        end as funnel_{{ side }}_{{ level }},
        {% endfor -%}
        {% endfor -%}
        {{ funnel_position('estimates.funnel_distance', 'estimates.centre', limits) }} as funnel_position,
        estimates.own_rank,
        estimates.rank_lower,
        estimates.rank_upper,
        -- Which direction is adverse is defined for the headline; for one role or band among others it is not.
        case
            when not estimates.is_beside_others or estimates.breakdown != 'all' then null
            when definitions.adverse_when = 'below' then 1
            when definitions.adverse_when = 'above' then estimates.organisations_compared
        end as adverse_rank,
        case
            when estimates.not_fit_note is not null then estimates.not_fit_note
            when not estimates.is_compared then 'not_comparable'
            when not estimates.is_beside_others then 'fewer_than_two_organisations'
            when estimates.centre is null then 'no_common_value'
            when estimates.reference_numerator = 0 then 'no_reference_events'
        end as value_note
    from estimates
    left join definitions
        on
            estimates.collection = definitions.collection
            and estimates.indicator_code = definitions.indicator_code
            and estimates.definition_version = definitions.definition_version

)

{{ kept_by_year('final') }}
