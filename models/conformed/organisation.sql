-- Everybody who reports: every local authority, shared services, other participants, and codes not on the register.
with

authorities as (

    select
        area_code as organisation_code,
        area_name as organisation_name,
        region_code,
        valid_from,
        valid_to
    from {{ ref('area_register') }}
    where area_level = 'authority'

),

exceptions as (

    select
        organisation_code,
        organisation_name,
        organisation_kind,
        region_code,
        valid_from,
        valid_to
    from {{ ref('organisation_register') }}

),

exception_regions as (

    select
        organisation_area.organisation_code,
        min(authorities.region_code) as region_code
    from {{ ref('organisation_area_register') }} as organisation_area
    inner join authorities
        on organisation_area.area_code = authorities.organisation_code
    group by organisation_area.organisation_code

),

areas as (

    select
        area_code,
        area_level,
        parent_code
    from {{ ref('area_register') }}

),

registered as (

    select
        organisation_code,
        organisation_name,
        'local authority' as organisation_kind,
        region_code,
        valid_from,
        valid_to,
        true as is_on_register
    from authorities

    union all

    select
        exceptions.organisation_code,
        exceptions.organisation_name,
        exceptions.organisation_kind,
        coalesce(exception_regions.region_code, exceptions.region_code) as region_code,
        exceptions.valid_from,
        exceptions.valid_to,
        true as is_on_register
    from exceptions
    left join exception_regions
        on exceptions.organisation_code = exception_regions.organisation_code

),

reported as (

    select
        headcounts.area_code as organisation_code,
        max(headcounts.area_name) as organisation_name,
        -- A publisher may name Inner or Outer London as the region; an organisation is counted in London.
        max(case when areas.area_level = 'sub_region' then areas.parent_code else areas.area_code end) as region_code
    from {{ ref('headcount') }} as headcounts
    left join areas
        on headcounts.region_code = areas.area_code
    where headcounts.area_level = 'organisation'
    group by headcounts.area_code

),

final as (

    select * from registered

    union all

    -- A publisher's new code needs no change here: it is taken as printed, and asked about in the data issues.
    select
        reported.organisation_code,
        reported.organisation_name,
        'not on the register' as organisation_kind,
        reported.region_code,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        false as is_on_register
    from reported
    left join registered
        on reported.organisation_code = registered.organisation_code
    where registered.organisation_code is null

)

select * from final
