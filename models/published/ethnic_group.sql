with

source as (

    select * from {{ ref('dim_ethnic_group') }}

),

final as (

    select
        ethnic_group,
        ethnic_group_name,
        level,
        major_group,
        headline_group,
        sort_order
    from source

)

select * from final
