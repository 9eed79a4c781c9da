-- Whose counts are in each comparator, so that it can be told whom a sum could give away. A view: its rows grow with
-- the square of the organisations, and those of a few are asked for at a time.
{{ config(materialized='view') }}
with

sets as (

    select * from {{ ref('int_comparator_set') }}

),

members as (

    select * from {{ ref('int_comparator_set_member') }}

),

final as (

    select
        sets.collection,
        sets.collection_year,
        sets.organisation_code,
        sets.service,
        members.member_code,
        members.member_service,
        sets.comparator
    from sets
    inner join members
        on
            sets.collection = members.collection
            and sets.collection_year = members.collection_year
            and sets.service = members.service
            and sets.comparator = members.comparator
            and sets.set_code = members.set_code
            and sets.organisation_code != members.member_code

)

select * from final
