with

areas as (

    select
        area_code,
        area_name,
        area_level,
        region_code,
        parent_code,
        valid_from,
        valid_to
    from {{ ref('area_register') }}

),

organisations as (

    select
        organisation_code,
        organisation_name,
        organisation_kind,
        region_code,
        valid_from,
        valid_to
    from {{ ref('organisation') }}

),

changes as (

    select
        predecessor_code,
        {{ dbt.listagg('successor_code', "' / '", 'order by successor_code') }} as successor_codes
    from {{ ref('area_change') }}
    group by predecessor_code

),

combined as (

    select
        organisation_code as area_code,
        organisation_name as area_name,
        'organisation' as area_level,
        organisation_kind,
        region_code,
        coalesce(region_code, '{{ var("england_code") }}') as parent_code,
        valid_from,
        valid_to
    from organisations

    union all

    select
        area_code,
        area_name,
        area_level,
        cast(null as {{ varchar() }}) as organisation_kind,
        region_code,
        parent_code,
        valid_from,
        valid_to
    from areas
    where area_level != 'authority'

),

final as (

    select
        combined.area_code,
        combined.area_name,
        combined.area_level,
        combined.organisation_kind,
        case when combined.area_level = 'region' then combined.area_code else combined.region_code end as region_code,
        regions.area_name as region_name,
        combined.parent_code,
        combined.valid_from,
        combined.valid_to,
        changes.successor_codes
    from combined
    left join areas as regions
        on
            regions.area_code = case
                when combined.area_level = 'region' then combined.area_code else combined.region_code
            end
    left join changes
        on combined.area_code = changes.predecessor_code

)

select * from final
