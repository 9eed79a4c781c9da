-- Every rule's finding in one table: what the readers and checks found on receipt, and what only shows across files.
with

submissions as (

    select
        submission_id,
        max(file_name) as file_name,
        max(collection) as collection,
        max(collection_year) as collection_year,
        max(organisation_code) as organisation_code,
        max(service) as service,
        max(case when status = 'accepted' then 1 else 0 end) as is_accepted
    from {{ ref('stg_landed__submissions') }}
    group by submission_id

),

rules as (

    select * from {{ ref('rule') }}

),

measures as (

    select
        measure,
        measure_name,
        within_measure
    from {{ ref('measure') }}

),

organisations as (

    select * from {{ ref('organisation') }}

),

areas as (

    select
        area_code,
        area_name
    from {{ ref('area_register') }}
    where area_level != 'authority'

),

headcounts as (

    select * from {{ ref('headcount') }}

),

returned as (

    select * from headcounts
    where collection = 'sc-wres' and ethnic_value != 'Total'

),

years as (

    select * from {{ ref('collection_year') }}

),

received as (

    select
        issues.submission_id,
        submissions.collection,
        submissions.collection_year,
        submissions.organisation_code as area_code,
        submissions.service,
        issues.sheet,
        issues.cell,
        issues.rule_code,
        issues.value_text,
        issues.message,
        cast(null as varchar) as explanation
    from {{ ref('stg_landed__issues') }} as issues
    inner join submissions
        on issues.submission_id = submissions.submission_id
    inner join rules
        on issues.rule_code = rules.rule_code
    -- A file refused once and accepted later is no longer an issue; what the checks say of an accepted file still is.
    where
        submissions.is_accepted = 0
        or rules.severity != 'error'
        or rules.checked_by != 'reader'
        or coalesce(issues.sheet, '') != ''
        or coalesce(issues.cell, '') != ''

),

superseded as (

    select submission_id
    from {{ ref('submission_version') }}
    group by submission_id
    having min(version_rank) > 1

),

part_exceeds_whole as (

    select
        'part_exceeds_whole' as rule_code,
        parts.collection,
        parts.collection_year,
        parts.area_code,
        parts.service,
        parts.submission_id,
        parts.sheet,
        parts.cell,
        measures.measure_name as part_1,
        cast(cast(parts.value as bigint) as varchar) as part_2,
        parts.ethnic_value as part_3,
        cast(cast(wholes.value as bigint) as varchar) || ' in ' || whole_measures.measure_name as part_4,
        cast(null as varchar) as explanation
    from returned as parts
    inner join measures
        on parts.measure = measures.measure
    inner join returned as wholes
        on
            parts.submission_id = wholes.submission_id
            and measures.within_measure = wholes.measure
            and wholes.breakdown = 'all'
            and parts.ethnic_value = wholes.ethnic_value
    inner join measures as whole_measures
        on wholes.measure = whole_measures.measure
    where parts.value > wholes.value

),

band_sums as (

    select
        submission_id,
        ethnic_value,
        sum(case when breakdown != 'all' then value end) as bands,
        max(case when breakdown = 'all' then value end) as staff,
        max(case when breakdown = 'all' then cell end) as cell,
        max(sheet) as sheet,
        max(collection) as collection,
        max(collection_year) as collection_year,
        max(area_code) as area_code,
        max(service) as service,
        -- A band that the organisation does not have takes nothing from the sum; any other gap leaves it open.
        count(case when breakdown != 'all' and value is null and value_note != 'not_applicable' then 1 end) as gaps
    from returned
    where measure = 'staff'
    group by
        submission_id,
        ethnic_value

),

bands_do_not_add_up as (

    select
        'bands_do_not_add_up' as rule_code,
        collection,
        collection_year,
        area_code,
        service,
        submission_id,
        sheet,
        cell,
        cast(cast(bands as bigint) as varchar) as part_1,
        ethnic_value as part_2,
        cast(cast(staff as bigint) as varchar) as part_3,
        '' as part_4,
        cast(null as varchar) as explanation
    from band_sums
    where gaps = 0 and bands != staff

),

row_sums as (

    select
        submission_id,
        measure,
        breakdown,
        sum(value) as people,
        count(*) as cells
    from returned
    group by
        submission_id,
        measure,
        breakdown

),

total_differs as (

    select
        'total_differs' as rule_code,
        totals.collection,
        totals.collection_year,
        totals.area_code,
        totals.service,
        totals.submission_id,
        totals.sheet,
        totals.cell,
        measures.measure_name || case when totals.breakdown = 'all' then '' else ', ' || totals.breakdown end as part_1,
        cast(cast(totals.value as bigint) as varchar) as part_2,
        cast(cast(row_sums.people as bigint) as varchar) as part_3,
        '' as part_4,
        cast(null as varchar) as explanation
    from headcounts as totals
    inner join row_sums
        on
            totals.submission_id = row_sums.submission_id
            and totals.measure = row_sums.measure
            and totals.breakdown = row_sums.breakdown
    inner join measures
        on totals.measure = measures.measure
    where
        totals.collection = 'sc-wres'
        and totals.ethnic_value = 'Total'
        and totals.value != row_sums.people

),

scheme_sizes as (

    select
        scheme,
        count(*) as ethnic_values
    from {{ ref('ethnic_group_mapping') }}
    group by scheme

),

cells_left_blank as (

    select
        'cells_left_blank' as rule_code,
        max(returned.collection) as collection,
        max(returned.collection_year) as collection_year,
        max(returned.area_code) as area_code,
        max(returned.service) as service,
        returned.submission_id,
        max(returned.sheet) as sheet,
        '' as cell,
        cast(max(scheme_sizes.ethnic_values) - count(*) as varchar) as part_1,
        cast(max(scheme_sizes.ethnic_values) as varchar) as part_2,
        max(measures.measure_name)
        || case when returned.breakdown = 'all' then '' else ', ' || returned.breakdown end as part_3,
        '' as part_4,
        cast(null as varchar) as explanation
    from returned
    inner join measures
        on returned.measure = measures.measure
    inner join scheme_sizes
        on returned.ethnic_scheme = scheme_sizes.scheme
    group by
        returned.submission_id,
        returned.measure,
        returned.breakdown
    having count(*) < max(scheme_sizes.ethnic_values)

),

same_version_twice as (

    select
        'same_version_twice' as rule_code,
        collection,
        collection_year,
        organisation_code as area_code,
        service,
        max(submission_id) as submission_id,
        '' as sheet,
        '' as cell,
        cast(count(*) as varchar) as part_1,
        cast(return_version as varchar) as part_2,
        '' as part_3,
        '' as part_4,
        cast(null as varchar) as explanation
    from {{ ref('submission_version') }}
    where collection = 'sc-wres'
    group by
        collection,
        collection_year,
        organisation_code,
        service,
        return_version
    having count(*) > 1 and return_version is not null

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
        cast(years.reference_on as varchar) as part_3,
        '' as part_4,
        cast(null as varchar) as explanation
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
        cast(reconciliation.published_people as varchar) as part_3,
        cast(reconciliation.authority_people as varchar) as part_4,
        'In force, and without a row of their own: ' || reconciliation.organisations_without_rows || '.'
        || case
            when reconciliation.workforce_headcount is null then ''
            when reconciliation.workforce_headcount = reconciliation.difference
                then
                    ' Their headcount in the workforce file, ' || cast(reconciliation.workforce_headcount as varchar)
                    || ', is the whole difference.'
            else
                ' Their headcount in the workforce file is ' || cast(reconciliation.workforce_headcount as varchar)
                || ' of a difference of ' || cast(reconciliation.difference as varchar) || '.'
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
        cast(collection_year as varchar) as part_1,
        cast(count(distinct case when area_level = 'organisation' then area_code end) as varchar) as part_2,
        '' as part_3,
        '' as part_4,
        cast(null as varchar) as explanation
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
        cast(cast(by_role.value as bigint) as varchar) as part_2,
        cast(cast(workforce.value as bigint) as varchar) as part_3,
        '' as part_4,
        cast(null as varchar) as explanation
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
        cast(null as varchar) as submission_id,
        '' as sheet,
        '' as cell,
        participation.organisation_name as part_1,
        participation.organisation_code as part_2,
        cast(years.reference_on as varchar) as part_3,
        '' as part_4,
        cast(null as varchar) as explanation
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
        cast(count(*) as varchar) as part_2,
        '' as part_3,
        '' as part_4,
        cast(null as varchar) as explanation
    from headcounts
    where area_level = 'sub_region' and is_by_ethnic_group
    group by
        collection,
        collection_year,
        area_code,
        service

),

unusual_change as (

    select
        'unusual_change' as rule_code,
        changes.collection,
        changes.collection_year,
        changes.area_code,
        changes.service,
        max(returned.submission_id) as submission_id,
        max(returned.sheet) as sheet,
        '' as cell,
        max(measures.measure_name) as part_1,
        cast(max(changes.previous_value) as varchar)
        || ' in ' || cast(max(changes.previous_year) as varchar) as part_2,
        cast(max(changes.current_value) as varchar) as part_3,
        cast(cast(max(changes.median_ratio) as decimal(9, 2)) as varchar) as part_4,
        cast(null as varchar) as explanation
    from {{ ref('int_unusual_change') }} as changes
    inner join measures
        on changes.measure = measures.measure
    inner join returned
        on
            changes.collection = returned.collection
            and changes.collection_year = returned.collection_year
            and changes.area_code = returned.area_code
            and changes.service = returned.service
            and changes.measure = returned.measure
            and returned.breakdown = 'all'
    where changes.is_unusual
    group by
        changes.collection,
        changes.collection_year,
        changes.area_code,
        changes.service,
        changes.measure

),

-- Every figure that both rounds ask for is the same: sent again by mistake, more likely than not.
copied_from_last_year as (

    select
        'copied_from_last_year' as rule_code,
        returned.collection,
        returned.collection_year,
        returned.area_code,
        returned.service,
        returned.submission_id,
        '' as sheet,
        '' as cell,
        cast(count(*) as varchar) as part_1,
        cast(years.previous_year as varchar) as part_2,
        '' as part_3,
        '' as part_4,
        cast(null as varchar) as explanation
    from returned
    inner join years
        on
            returned.collection = years.collection
            and returned.collection_year = years.collection_year
    inner join returned as previous
        on
            returned.collection = previous.collection
            and years.previous_year = previous.collection_year
            and returned.area_code = previous.area_code
            and returned.service = previous.service
            and returned.measure = previous.measure
            and returned.breakdown = previous.breakdown
            and returned.ethnic_scheme = previous.ethnic_scheme
            and returned.ethnic_value = previous.ethnic_value
    where
        returned.value is not null
        and previous.value is not null
    group by
        returned.collection,
        returned.collection_year,
        returned.area_code,
        returned.service,
        returned.submission_id,
        years.previous_year
    having
        count(case when returned.value != previous.value then 1 end) = 0
        and count(case when returned.value > 0 then 1 end) >= {{ var('copied_cells') }}

),

computed as (

    {% for rule in (
        "part_exceeds_whole", "bands_do_not_add_up", "total_differs", "cells_left_blank", "same_version_twice",
        "organisation_dates", "census_differences", "census_without_england_row", "census_files_disagree",
        "authority_without_row", "part_of_london", "unusual_change", "copied_from_last_year",
    ) -%}
    select * from {{ rule }}
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}

),

worded as (

    select
        computed.submission_id,
        computed.collection,
        computed.collection_year,
        computed.area_code,
        computed.service,
        computed.sheet,
        computed.cell,
        computed.rule_code,
        cast(null as varchar) as value_text,
        {{ fill_message('rules.message', ['part_1', 'part_2', 'part_3', 'part_4']) }} as message,
        computed.explanation
    from computed
    inner join rules
        on computed.rule_code = rules.rule_code

),

everything as (

    select * from received
    union all
    select * from worded

),

final as (

    select distinct
        everything.collection,
        everything.collection_year,
        everything.area_code,
        coalesce(organisations.organisation_name, areas.area_name) as area_name,
        everything.service,
        rules.severity,
        everything.rule_code,
        rules.title,
        rules.dimension,
        submissions.file_name,
        nullif(everything.sheet, '') as sheet,
        nullif(everything.cell, '') as cell,
        everything.value_text,
        everything.message,
        everything.explanation,
        rules.what_to_do,
        everything.submission_id,
        -- A file that was refused has no version; what is wrong with it stands until it is accepted.
        coalesce(superseded.submission_id is null, true) as is_current,
        upper(substr(md5(concat_ws('|', everything.area_code, everything.collection_year, everything.service, everything.rule_code, everything.sheet, everything.cell, everything.value_text, everything.message)),1,4)) || '-' || upper(substr(md5(concat_ws('|', everything.area_code, everything.collection_year, everything.service, everything.rule_code, everything.sheet, everything.cell, everything.value_text, everything.message)),5,4)) || '-01' as issue_reference,
        cast(null as varchar) as subject,
        rules.responsible
    from everything
    inner join rules
        on everything.rule_code = rules.rule_code
    left join organisations
        on everything.area_code = organisations.organisation_code
    left join areas
        on everything.area_code = areas.area_code
    left join submissions
        on everything.submission_id = submissions.submission_id
    left join superseded
        on everything.submission_id = superseded.submission_id

),
answered as (select final.*, reply.reply, reply.reply is not null as is_answered from final left join {{ ref('issue_reply') }} as reply on final.issue_reference = reply.issue_reference and final.area_code = reply.organisation_code and final.collection_year=reply.collection_year and final.service=reply.service)

select * from answered
