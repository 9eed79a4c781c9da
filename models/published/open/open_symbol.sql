with

symbols as (

    select * from {{ ref('open_symbol_register') }}

),

final as (

    select
        symbol,
        meaning
    from symbols

)

select * from final
order by symbol
