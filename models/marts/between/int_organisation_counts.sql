-- The counts of each organisation that can be compared with those of others, on the logarithmic scale.
with

counts as (

    select * from {{ ref('int_indicator_counts') }}
    where
        area_level = 'organisation'
        and reference_group = 'white'
        and value_note is null
        and numerator <= denominator
        and reference_numerator <= reference_denominator

),

-- The headline and the major groups: finer ones are too few in one organisation.
compared_groups as (

    select ethnic_group
    from {{ ref('ethnic_group_register') }}
    where
        headline_group = 'minority_ethnic'
        and level in ('headline', 'major')

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
        -- Nobody or everybody: such counts say nothing of a difference, and have no chance in them.
        counts.denominator > 0
        and counts.reference_denominator > 0
        and counts.numerator + counts.reference_numerator > 0
        and counts.numerator + counts.reference_numerator
        < counts.denominator + counts.reference_denominator as is_compared,
        {{ walter_log_ratio(
            'counts.numerator', 'counts.denominator', 'counts.reference_numerator', 'counts.reference_denominator'
        ) }} as log_ratio,
        {{ walter_variance(
            'counts.numerator', 'counts.denominator', 'counts.reference_numerator', 'counts.reference_denominator'
        ) }} as log_variance
    from counts
    inner join compared_groups
        on counts.comparison_group = compared_groups.ethnic_group
    left join own_pay_bands
        on counts.breakdown = own_pay_bands.pay_band
    where own_pay_bands.pay_band is null

)

select * from final
