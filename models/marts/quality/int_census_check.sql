-- What the rules on statistics find: the census's figures against one another and against the register.
with

organisations as (

    select * from {{ ref('organisation') }}

),

headcounts as (

    select * from {{ ref('headcount') }}
    where collection != 'sc-wres'

),

years as (

    select * from {{ ref('collection_year') }}

),

reporting as (

    select
        collection,
        collection_year,
        area_code,
        max(service) as service,
        max(submission_id) as submission_id
    from headcounts
    where area_level = 'organisation' and is_by_ethnic_group
    group by
        collection,
        collection_year,
        area_code

),

organisation_dates as (

    select
        case
            when organisations.is_on_register then 'organisation_outside_dates'
            else 'organisation_not_on_register'
        end as rule_code,
        reporting.collection,
        reporting.collection_year,
        reporting.area_code,
        reporting.service,
        reporting.submission_id,
        '' as sheet,
        '' as cell,
        organisations.organisation_name as part_1,
        reporting.area_code as part_2,
        cast(years.reference_on as {{ varchar() }}) as part_3,
        '' as part_4,
        cast(null as {{ varchar() }}) as explanation
    from reporting
    inner join organisations
        on reporting.area_code = organisations.organisation_code
    inner join years
        on
            reporting.collection = years.collection
            and reporting.collection_year = years.collection_year
    where
        not organisations.is_on_register
        or years.reference_on < organisations.valid_from
        or years.reference_on > organisations.valid_to

),

census_differences as (

    select
        case
            when reconciliation.organisations_without_rows is null then 'census_difference'
            else 'census_difference_explained'
        end as rule_code,
        'csww' as collection,
        reconciliation.collection_year,
        reconciliation.area_code,
        'children' as service,
        reconciliation.submission_id,
        '' as sheet,
        reconciliation.cell,
        reconciliation.breakdown as part_1,
        reconciliation.ethnic_value as part_2,
        cast(reconciliation.published_people as {{ varchar() }}) as part_3,
        cast(reconciliation.authority_people as {{ varchar() }}) as part_4,
        'In force, and without a row of their own: ' || reconciliation.organisations_without_rows || '.'
        || case
            when reconciliation.workforce_headcount is null then ''
            when reconciliation.workforce_headcount = reconciliation.difference
                then
                    ' Their headcount in the workforce file, '
                    || cast(reconciliation.workforce_headcount as {{ varchar() }})
                    || ', is the whole difference.'
            else
                ' Their headcount in the workforce file is '
                || cast(reconciliation.workforce_headcount as {{ varchar() }})
                || ' of a difference of ' || cast(reconciliation.difference as {{ varchar() }}) || '.'
        end as explanation
    from {{ ref('int_census_reconciliation') }} as reconciliation
    where reconciliation.difference != 0

),

census_without_england_row as (

    select
        'census_without_england_row' as rule_code,
        collection,
        collection_year,
        '{{ var("england_code") }}' as area_code,
        'children' as service,
        max(submission_id) as submission_id,
        '' as sheet,
        '' as cell,
        cast(collection_year as {{ varchar() }}) as part_1,
        cast(count(distinct case when area_level = 'organisation' then area_code end) as {{ varchar() }}) as part_2,
        '' as part_3,
        '' as part_4,
        cast(null as {{ varchar() }}) as explanation
    from headcounts
    where collection = 'csww' and is_by_ethnic_group and submission_id is not null
    group by
        collection,
        collection_year
    having count(case when area_level = 'national' then 1 end) = 0

),

census_totals as (

    select * from headcounts
    where
        collection = 'csww'
        and measure = 'headcount'
        and area_level != 'sub_region'
        and (not is_by_ethnic_group or (breakdown = 'Total' and ethnic_value = 'Total'))

),

census_files_disagree as (

    select
        'census_files_disagree' as rule_code,
        by_role.collection,
        by_role.collection_year,
        by_role.area_code,
        by_role.service,
        by_role.submission_id,
        '' as sheet,
        by_role.cell,
        by_role.area_name as part_1,
        cast(cast(by_role.value as bigint) as {{ varchar() }}) as part_2,
        cast(cast(workforce.value as bigint) as {{ varchar() }}) as part_3,
        '' as part_4,
        cast(null as {{ varchar() }}) as explanation
    from census_totals as by_role
    inner join census_totals as workforce
        on
            by_role.is_by_ethnic_group
            and not workforce.is_by_ethnic_group
            and by_role.collection_year = workforce.collection_year
            and by_role.area_level = workforce.area_level
            and by_role.area_code = workforce.area_code
    where by_role.value != workforce.value

),

authority_without_row as (

    select
        'authority_without_row' as rule_code,
        participation.collection,
        participation.collection_year,
        participation.organisation_code as area_code,
        participation.service,
        cast(null as {{ varchar() }}) as submission_id,
        '' as sheet,
        '' as cell,
        participation.organisation_name as part_1,
        participation.organisation_code as part_2,
        cast(years.reference_on as {{ varchar() }}) as part_3,
        '' as part_4,
        cast(null as {{ varchar() }}) as explanation
    from {{ ref('int_participation') }} as participation
    inner join years
        on
            participation.collection = years.collection
            and participation.collection_year = years.collection_year
    where participation.collection = 'csww' and participation.status = 'not returned'

),

part_of_london as (

    select
        'part_of_london' as rule_code,
        collection,
        collection_year,
        area_code,
        service,
        max(submission_id) as submission_id,
        '' as sheet,
        '' as cell,
        max(area_name) as part_1,
        cast(count(*) as {{ varchar() }}) as part_2,
        '' as part_3,
        '' as part_4,
        cast(null as {{ varchar() }}) as explanation
    from headcounts
    where area_level = 'sub_region' and is_by_ethnic_group
    group by
        collection,
        collection_year,
        area_code,
        service

),

final as (

    {{ every_row_of([
        "organisation_dates", "census_differences", "census_without_england_row", "census_files_disagree",
        "authority_without_row", "part_of_london",
    ]) }}

)

select * from final
