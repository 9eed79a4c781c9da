-- The same rates in twice as many people have an interval that lies inside the one there was.
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

twice as (

    select
        *,
        2 * numerator as x1,
        2 * denominator as n1,
        2 * reference_numerator as x2,
        2 * reference_denominator as n2
    from figures

),

scaled as (

    select
        *,
        {{ miettinen_nurminen_lower('x1', 'n1', 'x2', 'n2') }} as narrower_lower,
        {{ miettinen_nurminen_upper('x1', 'n1', 'x2', 'n2') }} as narrower_upper
    from twice

),

final as (

    select * from scaled
    where
        narrower_lower < lower_95 * (1 - 1e-9)
        or narrower_upper > upper_95 * (1 + 1e-9)
        or (upper_95 is not null and narrower_upper is null)

)

select * from final
