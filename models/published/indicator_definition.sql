with

source as (

    select * from {{ ref('dim_indicator') }}

),

final as (

    select
        collection,
        indicator_code,
        definition_version,
        first_year,
        last_year,
        indicator_name,
        numerator_measure,
        numerator_breakdown,
        headline_breakdown,
        denominator_measure,
        denominator_breakdown,
        numerator_wording,
        denominator_wording,
        adverse_when,
        breaks_with_previous,
        break_note,
        source,
        is_assumed
    from source

)

select * from final
