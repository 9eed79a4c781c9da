with

source as (

    select * from {{ ref('fct_experience') }}

),

final as (

    select
        collection_year,
        theme,
        indicator_code,
        indicator_name,
        accounts_told,
        value_note
    from source

)

select * from final
