-- Figures of an organisation that rest on a withdrawn return: those of its service, and of all its services together.
with

withdrawals as (

    select * from {{ ref('withdrawal') }}

),

final as (

    select
        collection,
        collection_year,
        organisation_code,
        service
    from withdrawals

    union

    select
        collection,
        collection_year,
        organisation_code,
        'all' as service
    from withdrawals

)

select * from final
