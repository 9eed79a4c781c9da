with

shares as (

    select * from {{ ref('fct_representation') }}

),

areas as (

    select
        area_code,
        area_name,
        region_code
    from {{ ref('dim_area') }}

),

final as (

    select
        shares.collection,
        shares.collection_year,
        shares.area_level,
        shares.area_code,
        areas.area_name,
        areas.region_code,
        shares.service,
        shares.indicator_code,
        shares.breakdown,
        shares.comparison_group,
        shares.reference_group,
        shares.known_in_role,
        shares.known_in_workforce,
        shares.share_of_role,
        shares.share_of_workforce,
        shares.difference_from_workforce,
        shares.difference_from_workforce_lower_95,
        shares.difference_from_workforce_upper_95,
        shares.value_note,
        shares.share_of_residents,
        shares.difference_from_residents,
        shares.difference_from_residents_lower_95,
        shares.difference_from_residents_upper_95,
        shares.residents_note,
        shares.relative_likelihood,
        shares.lower_95,
        shares.upper_95,
        shares.ratio_note,
        shares.organisations
    from shares
    left join areas
        on shares.area_code = areas.area_code

)

select * from final
