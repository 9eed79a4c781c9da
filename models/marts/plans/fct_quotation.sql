-- What moderators quote from accounts of experience, where the theme has enough of them; never whose, nor from where.
with

accounts as (

    select * from {{ ref('experience_account') }}

),

themes as (

    select * from {{ ref('fct_experience_theme') }}

),

final as (

    select distinct
        accounts.collection_year,
        accounts.theme,
        md5(accounts.quotation) as quotation_id,
        accounts.quotation
    from accounts
    inner join themes
        on
            accounts.collection_year = themes.collection_year
            and accounts.theme = themes.theme
    where
        accounts.quotation is not null
        and themes.accounts_told is not null

)

select * from final
