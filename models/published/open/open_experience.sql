with

counted as (

    select * from {{ ref('fct_experience_theme') }}

),

themes as (

    select * from {{ ref('theme') }}

),

final as (

    select
        counted.collection_year as time_period,
        counted.theme,
        themes.theme_name,
        counted.accounts_told,
        counted.value_note as accounts_told_symbol
    from counted
    inner join themes
        on counted.theme = themes.theme

)

select * from final
order by
    time_period,
    theme
