-- With the two groups exchanged the ratio and its limits are one over what they were, the lower for the upper.
{%- set exchanged = ("reference_numerator", "reference_denominator", "numerator", "denominator") %}
with

figures as (

    select
        collection,
        collection_year,
        area_level,
        area_code,
        service,
        indicator_code,
        breakdown,
        comparison_group,
        numerator,
        denominator,
        reference_numerator,
        reference_denominator,
        relative_likelihood,
        lower_95,
        upper_95
    from {{ every_service('fct_indicator') }} as figures
    where
        area_level != 'organisation'
        and reference_group = 'white'
        and relative_likelihood is not null
        and {{ is_year_to_build() }}

),

turned as (

    select
        *,
        {{ relative_likelihood(*exchanged) }} as turned_ratio,
        {{ miettinen_nurminen_lower(*exchanged) }} as turned_lower,
        {{ miettinen_nurminen_upper(*exchanged) }} as turned_upper
    from figures

),

final as (

    select * from turned
    where
        (relative_likelihood > 0 and (turned_ratio is null or abs(turned_ratio * relative_likelihood - 1) > 1e-9))
        or (relative_likelihood = 0 and turned_ratio is not null)
        or (upper_95 is not null and abs(turned_lower * upper_95 - 1) > 1e-9)
        or (upper_95 is null and turned_lower != 0)
        or (lower_95 > 0 and (turned_upper is null or abs(turned_upper * lower_95 - 1) > 1e-9))
        or (lower_95 = 0 and turned_upper is not null)

)

select * from final
