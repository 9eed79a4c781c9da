-- The rounds that counts by ethnic group are held for; 'previous' is the latest earlier one, whatever the gap.
with

versions as (

    select
        collection,
        collection_year
    from {{ ref('submission_version') }}
    where version_rank = 1 and is_by_ethnic_group

),

restated as (

    select
        'csww' as collection,
        collection_year
    from {{ ref('csww_england') }}

),

collections as (

    select
        collection,
        census_month,
        census_day
    from {{ ref('collection') }}

),

rounds as (

    select
        collection,
        collection_year,
        group_label,
        closes_on
    from {{ ref('collection_round') }}

),

held as (

    select * from versions
    union
    select * from restated

),

final as (

    select
        held.collection,
        held.collection_year,
        lag(held.collection_year) over (
            partition by held.collection
            order by held.collection_year
        ) as previous_year,
        -- The day on which 'which authority was there' is judged.
        coalesce(
            rounds.closes_on,
            make_date(held.collection_year, collections.census_month, collections.census_day)
        ) as reference_on,
        rounds.closes_on,
        rounds.group_label
    from held
    inner join collections
        on held.collection = collections.collection
    left join rounds
        on
            held.collection = rounds.collection
            and held.collection_year = rounds.collection_year

)

select * from final
