with

definitions as (

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
        numerator_wording,
        denominator_wording,
        adverse_when,
        break_note,
        source
    from definitions

)

select * from final
order by
    collection,
    indicator_code,
    definition_version
