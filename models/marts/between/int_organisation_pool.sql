-- Organisations of a region or England taken together: within them, and how far they lie apart.
{%- set figure = (
    "collection", "collection_year", "area_level", "area_code", "service", "indicator_code",
    "definition_version", "breakdown", "comparison_group", "reference_group", "unit",
) %}
{%- set own = (
    "collection", "collection_year", "organisation_code", "indicator_code", "definition_version", "breakdown",
    "comparison_group", "reference_group", "numerator", "denominator", "reference_numerator", "reference_denominator",
    "is_compared", "log_ratio", "log_variance",
) %}
{%- set counts = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

organisation_counts as (

    select * from {{ ref('int_organisation_counts') }}
    where {{ is_year_to_build() }}

),

totals as (

    select * from {{ ref('total_membership') }}

),

-- In a total of services an organisation counts once for each; it also stands beside others by its own total.
placed as (

    select
        {% for column in own -%}
        organisation_counts.{{ column }},
        {% endfor -%}
        totals.area_level,
        totals.area_code,
        totals.total_service as service,
        case
            when totals.total_service = organisation_counts.service then 'organisation'
            else 'organisation and service'
        end as unit
    from organisation_counts
    inner join totals
        on
            organisation_counts.collection = totals.collection
            and organisation_counts.service = totals.service
            and organisation_counts.organisation_code = totals.organisation_code

    union all

    select
        {% for column in own -%}
        {{ column }},
        {% endfor -%}
        'national' as area_level,
        '{{ var("england_code") }}' as area_code,
        service,
        'organisation' as unit
    from organisation_counts
    where service = 'all'

),

pooled as (

    select
        {{ figure | join(',\n        ') }},
        -- Only in a total of services can an organisation stand more than once, and to count texts once costs most.
        count(case when unit = 'organisation' then 1 end)
        + count(distinct case when unit != 'organisation' then organisation_code end) as organisations_given,
        count(case when is_compared and unit = 'organisation' then 1 end)
        + count(distinct case when is_compared and unit != 'organisation' then organisation_code end)
            as organisations_compared,
        {% for count in counts -%}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {% endfor -%}
        {{ mantel_haenszel_ratio(*counts) }} as mantel_haenszel,
        {{ mantel_haenszel_log_variance(*counts) }} as mantel_haenszel_log_variance
    from placed
    group by
        {{ figure | join(',\n        ') }}

),

centred as (

    select
        *,
        {% for column in figure -%}
        cast({{ column }} as {{ varchar() }}){{ " || '|' || " if not loop.last }}
        {%- endfor %} as pool_key,
        -- By a number rows are joined and sorted in a fraction of the time.
        row_number() over (order by {{ figure | join(', ') }}) as pool_number,
        {{ natural_log('mantel_haenszel') }} as centre
    from pooled

),

compared as (

    select
        centred.pool_number,
        placed.log_ratio as y,
        placed.log_variance as v,
        centred.centre
    from placed
    inner join centred
        on {{ same_columns('placed', 'centred', figure) }}
    where placed.is_compared

),

spread as (

    {{ random_effects('compared', 'pool_number') | indent(4) }}

),

funnels as (

    {{ funnel_overdispersion('compared', 'pool_number') | indent(4) }}

),

final as (

    select
        {% for column in figure -%}
        centred.{{ column }},
        {% endfor -%}
        centred.pool_key,
        centred.organisations_compared,
        centred.organisations_given - centred.organisations_compared as organisations_left_out,
        {% for count in counts -%}
        centred.{{ count }},
        {% endfor -%}
        centred.mantel_haenszel,
        centred.mantel_haenszel_log_variance,
        coalesce(spread.k, 0) as values_compared,
        spread.q,
        spread.q_df,
        spread.i_squared,
        spread.tau_squared,
        spread.random_mean,
        spread.random_error,
        centred.centre,
        -- Where organisations differ the mean is surer known within them than across them.
        greatest(sqrt(centred.mantel_haenszel_log_variance), spread.random_error) as centre_error,
        funnels.phi as overdispersion,
        funnels.funnel_tau_squared
    from centred
    left join spread
        on centred.pool_number = spread.pool_number
    left join funnels
        on centred.pool_number = funnels.pool_number

)

{{ kept_by_year('final') }}
