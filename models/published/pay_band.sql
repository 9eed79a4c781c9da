with

bands as (

    select * from {{ ref('fct_pay_band') }}

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
        bands.collection,
        bands.collection_year,
        bands.area_level,
        bands.area_code,
        areas.area_name,
        areas.region_code,
        bands.service,
        bands.pay_band,
        bands.pay_band_scheme,
        bands.pay_band_order,
        bands.lower_limit,
        bands.upper_limit,
        bands.comparison_group,
        bands.staff,
        bands.share_of_band,
        bands.share_of_group,
        bands.cumulative_share,
        bands.representation_ratio,
        bands.lower_95,
        bands.upper_95,
        bands.ratio_note,
        bands.value_note,
        bands.organisations
    from bands
    left join areas
        on bands.area_code = areas.area_code

)

select * from final
