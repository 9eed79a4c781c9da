with

ethnic_groups as (

    select * from {{ ref('ethnic_group_register') }}

),

final as (

    select
        ethnic_group,
        ethnic_group_name,
        level,
        major_group,
        headline_group,
        sort_order
    from ethnic_groups

)

select * from final
