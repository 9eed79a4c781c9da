-- The census's published regions and England against the sum of its authorities, and its two files against each other.
with

headcounts as (

    select
        collection,
        is_by_ethnic_group,
        collection_year,
        area_level,
        area_code,
        breakdown,
        ethnic_value,
        value,
        submission_id,
        cell
    from {{ ref('headcount') }}
    where collection = 'csww' and measure = 'headcount'

),

roles as (

    select * from headcounts
    where is_by_ethnic_group and submission_id is not null

),

workforce as (

    select * from headcounts
    where not is_by_ethnic_group and area_level = 'organisation'

),

totals as (

    select
        organisation_code,
        area_level,
        area_code
    from {{ ref('total_membership') }}
    where collection = 'csww'

),

not_returned as (

    select
        missing.collection_year,
        missing.organisation_code,
        missing.organisation_name,
        workforce.value as workforce_headcount
    from {{ ref('int_participation') }} as missing
    left join workforce
        on
            missing.collection_year = workforce.collection_year
            and missing.organisation_code = workforce.area_code
    where missing.collection = 'csww' and missing.status = 'not returned'

),

authority_sums as (

    select
        roles.collection_year,
        totals.area_level,
        totals.area_code,
        roles.breakdown,
        roles.ethnic_value,
        sum(roles.value) as people
    from roles
    inner join totals
        on roles.area_code = totals.organisation_code
    where roles.area_level = 'organisation'
    group by
        roles.collection_year,
        totals.area_level,
        totals.area_code,
        roles.breakdown,
        roles.ethnic_value

),

-- Authorities of the register without a row, by the area whose sum they are missing from.
missing_from as (

    select
        not_returned.collection_year,
        totals.area_level,
        totals.area_code,
        {{ dbt.listagg(
            "not_returned.organisation_name || ' (' || not_returned.organisation_code || ')'",
            "', '",
            "order by not_returned.organisation_code"
        ) }} as organisations,
        sum(not_returned.workforce_headcount) as workforce_headcount
    from not_returned
    inner join totals
        on not_returned.organisation_code = totals.organisation_code
    group by
        not_returned.collection_year,
        totals.area_level,
        totals.area_code

),

final as (

    select
        published.collection_year,
        published.area_level,
        published.area_code,
        published.breakdown,
        published.ethnic_value,
        published.submission_id,
        published.cell,
        cast(published.value as bigint) as published_people,
        cast(authority_sums.people as bigint) as authority_people,
        cast(published.value - authority_sums.people as bigint) as difference,
        missing_from.organisations as organisations_without_rows,
        case
            when published.breakdown = 'Total' and published.ethnic_value = 'Total'
                then cast(missing_from.workforce_headcount as bigint)
        end as workforce_headcount
    from roles as published
    inner join authority_sums
        on
            published.collection_year = authority_sums.collection_year
            and published.area_level = authority_sums.area_level
            and published.area_code = authority_sums.area_code
            and published.breakdown = authority_sums.breakdown
            and published.ethnic_value = authority_sums.ethnic_value
    left join missing_from
        on
            published.collection_year = missing_from.collection_year
            and published.area_level = missing_from.area_level
            and published.area_code = missing_from.area_code
    where published.value is not null

)

select * from final
