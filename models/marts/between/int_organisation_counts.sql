-- The counts of each organisation that can be compared with those of others, on the logarithmic scale.
with

counts as (

    select * from {{ every_service('int_indicator_counts') }} as figures
    where
        area_level = 'organisation'
        and {{ is_year_to_build() }}
        and definition = 'as_collected'
        -- The headline and the major groups with white: finer ones are too few in one organisation.
        and not is_detail
        and value_note is null
        and numerator <= denominator
        and reference_numerator <= reference_denominator

),

not_fit as (

    select
        collection,
        collection_year,
        area_code,
        service,
        indicator_code,
        fitness_reason
    from {{ ref('fct_fitness') }}
    where fitness = 'not fit'

),

own_pay_bands as (

    select pay_band
    from {{ ref('pay_band_register') }}
    where scheme = 'own'

),

final as (

    select
        counts.collection,
        counts.collection_year,
        counts.area_code as organisation_code,
        counts.service,
        counts.indicator_code,
        counts.definition_version,
        counts.breakdown,
        counts.comparison_group,
        counts.reference_group,
        counts.numerator,
        counts.denominator,
        counts.reference_numerator,
        counts.reference_denominator,
        not_fit.fitness_reason as not_fit_note,
        -- What is not fit stays in the sums and is compared with nothing. No event says nothing of a difference; where
        -- a whole group has the event half an event added leaves its rate no variance, so that one person of one would
        -- outweigh a thousand.
        not_fit.fitness_reason is null
        and counts.numerator + counts.reference_numerator > 0
        and counts.numerator < counts.denominator
        and counts.reference_numerator < counts.reference_denominator as is_compared,
        {{ walter_log_ratio(
            'counts.numerator', 'counts.denominator', 'counts.reference_numerator', 'counts.reference_denominator'
        ) }} as log_ratio,
        {{ walter_variance(
            'counts.numerator', 'counts.denominator', 'counts.reference_numerator', 'counts.reference_denominator'
        ) }} as log_variance
    from counts
    left join not_fit
        on
            counts.collection = not_fit.collection
            and counts.collection_year = not_fit.collection_year
            and counts.area_code = not_fit.area_code
            and counts.service = not_fit.service
            and counts.indicator_code = not_fit.indicator_code
    left join own_pay_bands
        on counts.breakdown = own_pay_bands.pay_band
    where own_pay_bands.pay_band is null

)

{{ kept_by_year('final') }}
