-- Every count of people that the current files give, in one vocabulary.
with

observations as (

    select
        submission_id,
        collection_year,
        area_level,
        area_code,
        area_name,
        region_code,
        ethnic_scheme,
        ethnic_value,
        measure,
        breakdown,
        value,
        value_note,
        sheet,
        cell
    from {{ ref('stg_landed__observations') }}
    where {{ is_year_to_build() }}

),

versions as (

    select
        submission_id,
        dataset,
        is_by_ethnic_group,
        collection,
        collection_year,
        service
    from {{ ref('submission_version') }}
    -- Facts about areas are of no collection.
    where version_rank = 1 and collection is not null

),

statistics as (

    select
        dataset,
        service
    from {{ ref('statistics_dataset') }}

),

measures as (

    select measure
    from {{ ref('measure') }}
    where counted = 'people'

),

areas as (

    select
        area_code,
        area_level
    from {{ ref('area_register') }}

),

restated as (

    select
        collection_year,
        role,
        ethnic_value,
        headcount
    from {{ ref('csww_england') }}

),

observed as (

    select
        versions.collection,
        versions.dataset,
        versions.is_by_ethnic_group,
        observations.collection_year,
        -- Inner and Outer London are printed as regions, beside London: a level of their own keeps them out of sums.
        case when areas.area_level = 'sub_region' then 'sub_region' else observations.area_level end as area_level,
        observations.area_code,
        observations.area_name,
        observations.region_code,
        coalesce(versions.service, statistics.service) as service,
        observations.measure,
        observations.breakdown,
        observations.ethnic_scheme,
        observations.ethnic_value,
        observations.value,
        observations.value_note,
        observations.submission_id,
        observations.sheet,
        observations.cell
    from observations
    inner join versions
        on
            observations.submission_id = versions.submission_id
            and observations.collection_year = versions.collection_year
    inner join measures
        on observations.measure = measures.measure
    left join statistics
        on versions.dataset = statistics.dataset
    left join areas
        on observations.area_code = areas.area_code

),

role_file_years as (

    select distinct collection_year
    from versions
    where collection = 'csww' and is_by_ethnic_group

),

-- Published England figures, restated in a seed, give way to the file itself a whole year at a time.
england as (

    select
        'csww' as collection,
        'csww_role_by_ethnicity' as dataset,
        true as is_by_ethnic_group,
        restated.collection_year,
        'national' as area_level,
        '{{ var("england_code") }}' as area_code,
        'England' as area_name,
        cast(null as {{ varchar() }}) as region_code,
        'children' as service,
        'headcount' as measure,
        restated.role as breakdown,
        'csww_major' as ethnic_scheme,
        restated.ethnic_value,
        {{ double('restated.headcount') }} as value,
        cast(null as {{ varchar() }}) as value_note,
        cast(null as {{ varchar() }}) as submission_id,
        cast(null as {{ varchar() }}) as sheet,
        cast(null as {{ varchar() }}) as cell
    from restated
    left join role_file_years
        on restated.collection_year = role_file_years.collection_year
    where role_file_years.collection_year is null

),

final as (

    select * from observed
    union all
    select * from england

)

{{ kept_by_year('final') }}
