-- The authorities that each is most like, by area code. The publisher's own codes outlast area codes: each neighbour is
-- given for the days on which both area codes were in force.
with

versions as (

    select
        submission_id,
        collection_year
    from {{ ref('submission_version') }}
    where version_rank = 1 and collection is null

),

observations as (

    select
        landed.collection_year,
        landed.area_code as own_code,
        landed.measure,
        cast(landed.breakdown as integer) as neighbour_rank,
        landed.value_text,
        landed.value_note
    from {{ ref('stg_landed__observations') }} as landed
    inner join versions
        on
            landed.submission_id = versions.submission_id
            and landed.collection_year = versions.collection_year
    where landed.measure in ('statistical_neighbour', 'closeness')

),

latest as (

    select max(collection_year) as collection_year
    from observations

),

words as (

    select
        value,
        mapped_value
    from {{ ref('statistics_value') }}
    where name = 'closeness'

),

registered as (

    select
        area_code,
        childrens_services_code,
        coalesce(valid_from, date '1900-01-01') as starts_on,
        coalesce(valid_to, date '9999-12-31') as ends_on,
        valid_from,
        valid_to
    from {{ ref('area_register') }}
    where area_level = 'authority'

),

neighbours as (

    select
        observations.collection_year,
        observations.own_code,
        observations.neighbour_rank,
        observations.value_text as neighbour_code
    from observations
    inner join latest
        on observations.collection_year = latest.collection_year
    where observations.measure = 'statistical_neighbour' and observations.value_note is null

),

closeness as (

    select
        observations.collection_year,
        observations.own_code,
        observations.neighbour_rank,
        words.mapped_value as closeness
    from observations
    inner join words
        on observations.value_text = words.value
    where observations.measure = 'closeness'

),

final as (

    select
        own.area_code as organisation_code,
        other.area_code as neighbour_code,
        neighbours.neighbour_rank,
        closeness.closeness,
        neighbours.collection_year,
        -- The later start and the earlier end; the greatest and the least leave out what is null.
        greatest(own.valid_from, other.valid_from) as valid_from,
        least(own.valid_to, other.valid_to) as valid_to
    from neighbours
    inner join registered as own
        on neighbours.own_code = own.childrens_services_code
    inner join registered as other
        on
            neighbours.neighbour_code = other.childrens_services_code
            and own.starts_on <= other.ends_on
            and own.ends_on >= other.starts_on
    left join closeness
        on
            neighbours.collection_year = closeness.collection_year
            and neighbours.own_code = closeness.own_code
            and neighbours.neighbour_rank = closeness.neighbour_rank

)

select * from final
