-- Returns that their organisations have withdrawn.
with

submissions as (

    select * from {{ ref('stg_landed__submissions') }}

),

final as (

    select distinct
        collection,
        collection_year,
        organisation_code,
        service
    from submissions
    where status = 'withdrawn'

)

select * from final
