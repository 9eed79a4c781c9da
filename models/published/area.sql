with

source as (

    select * from {{ ref('dim_area') }}

),

final as (

    select
        area_code,
        area_name,
        area_level,
        organisation_kind,
        region_code,
        region_name,
        parent_code,
        valid_from,
        valid_to,
        successor_codes
    from source

)

select * from final
