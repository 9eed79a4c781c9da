with

quotations as (

    select * from {{ ref('fct_quotation') }}

),

themes as (

    select * from {{ ref('theme') }}

),

final as (

    select
        quotations.collection_year as time_period,
        quotations.theme,
        themes.theme_name,
        quotations.quotation_id,
        quotations.quotation
    from quotations
    inner join themes
        on quotations.theme = themes.theme

)

select * from final
order by
    time_period,
    theme,
    quotation_id
