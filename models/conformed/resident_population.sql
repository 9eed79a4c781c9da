-- Who lives where an organisation works. The census has the codes of one day; the seed of changes carries its counts to
-- codes of other days as far as whole areas go, and what would need a guess has no row.
with

versions as (

    select
        submission_id,
        collection_year
    from {{ ref('submission_version') }}
    where version_rank = 1 and collection is null

),

residents as (

    select
        observations.submission_id,
        observations.collection_year,
        observations.area_code,
        observations.ethnic_scheme,
        observations.ethnic_value,
        observations.value
    from {{ ref('stg_landed__observations') }} as observations
    inner join versions
        on
            observations.submission_id = versions.submission_id
            and observations.collection_year = versions.collection_year
    where observations.measure = 'residents'

),

members as (

    select
        scheme,
        comparison_group,
        value,
        members
    from {{ ref('comparison_group_member') }}
    where comparison_group != 'unknown'

),

areas as (

    select
        area_code,
        region_code
    from {{ ref('area_register') }}
    where area_level = 'authority'

),

changes as (

    select
        predecessor_code,
        successor_code,
        count(*) over (partition by predecessor_code) as successors,
        count(*) over (partition by successor_code) as predecessors
    from {{ ref('area_change') }}

),

organisation_areas as (

    select distinct
        organisation_code,
        area_code
    from {{ ref('organisation_area') }}

),

latest as (

    select max(collection_year) as collection_year
    from residents

),

counted as (

    select residents.*
    from residents
    inner join latest
        on residents.collection_year = latest.collection_year

),

counted_areas as (

    select distinct area_code
    from counted

),

-- A code is the sum of those that it replaced where none of them went elsewhere too, and of those that replaced it
-- where none of them came from elsewhere too.
replaced as (

    select
        successor_code as area_code,
        predecessor_code as counted_code,
        'predecessors' as kind,
        max(successors) over (partition by successor_code) as shared_by
    from changes

    union all

    select
        predecessor_code as area_code,
        successor_code as counted_code,
        'successors' as kind,
        max(predecessors) over (partition by predecessor_code) as shared_by
    from changes

),

carried as (

    select
        replaced.area_code,
        replaced.counted_code,
        replaced.shared_by,
        count(*) over (partition by replaced.area_code, replaced.kind) as parts,
        count(counted_areas.area_code) over (partition by replaced.area_code, replaced.kind) as parts_counted
    from replaced
    left join counted_areas
        on replaced.counted_code = counted_areas.area_code

),

area_parts as (

    select
        area_code,
        area_code as counted_code
    from counted_areas

    union all

    select
        carried.area_code,
        carried.counted_code
    from carried
    left join counted_areas
        on carried.area_code = counted_areas.area_code
    where counted_areas.area_code is null and carried.shared_by = 1 and carried.parts_counted = carried.parts

),

known_areas as (

    select distinct area_code
    from area_parts

),

not_whole as (

    select distinct organisation_areas.organisation_code
    from organisation_areas
    left join known_areas
        on organisation_areas.area_code = known_areas.area_code
    where known_areas.area_code is null

),

placed as (

    select
        'organisation' as area_level,
        organisation_areas.organisation_code as area_code,
        area_parts.counted_code
    from organisation_areas
    inner join area_parts
        on organisation_areas.area_code = area_parts.area_code
    left join not_whole
        on organisation_areas.organisation_code = not_whole.organisation_code
    where not_whole.organisation_code is null

    union all

    -- Each area by itself, whoever answers for it.
    select
        'authority' as area_level,
        area_code,
        counted_code
    from area_parts

    union all

    select
        'region' as area_level,
        region_code as area_code,
        area_code as counted_code
    from areas

    union all

    select
        'national' as area_level,
        '{{ var("england_code") }}' as area_code,
        area_code as counted_code
    from areas

),

summed as (

    select
        placed.area_level,
        placed.area_code,
        members.comparison_group,
        max(counted.collection_year) as collection_year,
        sum(counted.value) as residents,
        count(counted.value) as values_given,
        max(members.members) * count(distinct placed.counted_code) as values_needed
    from placed
    inner join counted
        on placed.counted_code = counted.area_code
    inner join members
        on
            counted.ethnic_scheme = members.scheme
            and counted.ethnic_value = members.value
    group by
        placed.area_level,
        placed.area_code,
        members.comparison_group

),

final as (

    select
        area_level,
        area_code,
        comparison_group,
        collection_year,
        case when values_given = values_needed then cast(residents as bigint) end as residents
    from summed

)

select * from final
