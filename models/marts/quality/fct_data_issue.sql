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

versions as (

    select
        submission_id,
        version_rank
    from {{ ref('submission_version') }}

),

received as (

    select
        issues.submission_id,
        submissions.collection,
        submissions.collection_year,
        submissions.organisation_code as area_code,
        submissions.service,
        coalesce(issues.sheet, '') as sheet,
        coalesce(issues.cell, '') as cell,
        issues.rule_code,
        coalesce(issues.subject, '') as subject,
        issues.value_text,
        issues.message,
        cast(null as {{ varchar() }}) as explanation
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
    from versions
    group by submission_id
    having min(version_rank) > 1

),

of_returns as (

    select
        checks.submission_id,
        checks.collection,
        checks.collection_year,
        checks.organisation_code as area_code,
        checks.service,
        checks.sheet,
        checks.cell,
        checks.rule_code,
        checks.subject,
        checks.value_text,
        {{ fill_message('rules.message', ['part_1', 'part_2', 'part_3', 'part_4', 'part_5']) }} as message,
        cast(null as {{ varchar() }}) as explanation
    from {{ ref('int_return_check') }} as checks
    inner join rules
        on checks.rule_code = rules.rule_code
    where checks.is_broken

),

of_statistics as (

    select
        checks.submission_id,
        checks.collection,
        checks.collection_year,
        checks.area_code,
        checks.service,
        checks.sheet,
        checks.cell,
        checks.rule_code,
        '' as subject,
        cast(null as {{ varchar() }}) as value_text,
        {{ fill_message('rules.message', ['part_1', 'part_2', 'part_3', 'part_4']) }} as message,
        checks.explanation
    from {{ ref('int_census_check') }} as checks
    inner join rules
        on checks.rule_code = rules.rule_code

),

everything as (

    select * from received
    union all
    select * from of_returns
    union all
    select * from of_statistics

),

-- The same for as long as what was found stays as it was, wherever its cell stands and whichever version it is in.
{% set fingerprint -%}
case
            when findings.area_code is not null and findings.collection_year is not null
                then upper(md5(
                    findings.area_code
                    || '|' || cast(findings.collection_year as {{ varchar() }})
                    || '|' || coalesce(findings.service, '')
                    || '|' || findings.rule_code
                    || '|' || coalesce(nullif(findings.subject, ''), findings.sheet || '!' || findings.cell)
                    || '|' || coalesce(
                        nullif(findings.value_text, ''),
                        case when findings.subject = '' then findings.message end,
                        ''
                    )
                ))
        end
{%- endset -%}
referenced as (

    select
        findings.*,
        {{ fingerprint }} as fingerprint
    from everything as findings

),

query_references as (

    select distinct
        collection_year,
        area_code,
        service,
        substring(fingerprint, 1, 4)
        || '-' || substring(fingerprint, 5, 4)
        || '-' || substring(fingerprint, 9, 4) as issue_reference
    from referenced
    where fingerprint is not null

),

-- What an earlier version answered may have been corrected since; a reply that is new answers something that is asked.
replies_to_nothing as (

    select
        issue_replies.submission_id,
        issue_replies.collection_year,
        issue_replies.organisation_code as area_code,
        issue_replies.service,
        issue_replies.sheet,
        issue_replies.cell,
        issue_replies.issue_reference as part_1
    from {{ ref('issue_reply') }} as issue_replies
    left join query_references
        on
            issue_replies.collection_year = query_references.collection_year
            and issue_replies.organisation_code = query_references.area_code
            and issue_replies.service = query_references.service
            and issue_replies.issue_reference = query_references.issue_reference
    where issue_replies.is_new and query_references.issue_reference is null

),

of_replies as (

    select
        unanswering.submission_id,
        submissions.collection,
        unanswering.collection_year,
        unanswering.area_code,
        unanswering.service,
        unanswering.sheet,
        unanswering.cell,
        rules.rule_code,
        'reply | issue_reference' as subject,
        unanswering.part_1 as value_text,
        {{ fill_message('rules.message', ['part_1']) }} as message,
        cast(null as {{ varchar() }}) as explanation
    from replies_to_nothing as unanswering
    inner join submissions
        on unanswering.submission_id = submissions.submission_id
    inner join rules
        on rules.rule_code = 'reply_without_query'

),

referenced_replies as (

    select
        findings.*,
        {{ fingerprint }} as fingerprint
    from of_replies as findings

),

told as (

    select * from referenced
    union all
    select * from referenced_replies

),

-- An answer in any version of the return stands; the latest one is shown.
replies as (

    select
        issue_replies.collection_year,
        issue_replies.organisation_code,
        issue_replies.service,
        issue_replies.issue_reference,
        issue_replies.reply,
        row_number() over (
            partition by
                issue_replies.collection_year,
                issue_replies.organisation_code,
                issue_replies.service,
                issue_replies.issue_reference
            order by versions.version_rank
        ) as reply_rank
    from {{ ref('issue_reply') }} as issue_replies
    inner join versions
        on issue_replies.submission_id = versions.submission_id

),

effects as (

    select
        rule_code,
        endangers,
        indicator_code
    from {{ ref('rule_effect') }}

),

indicator_sheets as (

    select * from {{ ref('int_indicator_sheet') }}

),

measure_sheets as (

    select
        sheet,
        measure,
        min(first_year) as first_year,
        max(coalesce(last_year, 9999)) as last_year
    from {{ ref('form_column') }}
    group by
        sheet,
        measure

),

-- A cell of a table (CSV) is on no sheet, and one of a workbook may be on a sheet of another name: what it counts says
-- which sheet of the form it endangers.
placed as (

    select
        told.*,
        coalesce(measure_sheets.sheet, told.sheet) as form_sheet,
        substring(told.fingerprint, 1, 4)
        || '-' || substring(told.fingerprint, 5, 4)
        || '-' || substring(told.fingerprint, 9, 4) as issue_reference
    from told
    left join measure_sheets
        on
            trim({{ dbt.split_part('told.subject', "'|'", 1) }}) = measure_sheets.measure
            and told.collection_year between measure_sheets.first_year and measure_sheets.last_year

),

rule_places as (

    select distinct
        rule_code,
        collection,
        collection_year,
        form_sheet
    from placed

),

endangered as (

    select distinct
        rule_places.rule_code,
        rule_places.collection,
        rule_places.collection_year,
        rule_places.form_sheet,
        indicator_sheets.indicator_code
    from rule_places
    inner join effects
        on rule_places.rule_code = effects.rule_code
    inner join indicator_sheets
        on
            rule_places.collection = indicator_sheets.collection
            and rule_places.collection_year between indicator_sheets.first_year and indicator_sheets.last_year
    where
        effects.endangers = 'return'
        or (effects.endangers = 'sheet' and rule_places.form_sheet = indicator_sheets.sheet)
        or (effects.endangers = 'indicator' and effects.indicator_code = indicator_sheets.indicator_code)

),

indicator_lists as (

    select
        rule_code,
        collection,
        collection_year,
        form_sheet,
        {{ dbt.listagg("indicator_code", "', '", "order by indicator_code") }} as indicators
    from endangered
    group by
        rule_code,
        collection,
        collection_year,
        form_sheet

),

final as (

    select distinct
        placed.collection,
        placed.collection_year,
        placed.area_code,
        coalesce(organisations.organisation_name, areas.area_name) as area_name,
        placed.service,
        rules.severity,
        placed.rule_code,
        rules.title,
        rules.dimension,
        submissions.file_name,
        nullif(placed.sheet, '') as sheet,
        nullif(placed.cell, '') as cell,
        nullif(placed.value_text, '') as value_text,
        placed.message,
        placed.explanation,
        rules.what_to_do,
        placed.submission_id,
        -- A file that was refused has no version; what is wrong with it stands until it is accepted.
        coalesce(superseded.submission_id is null, true) as is_current,
        placed.issue_reference,
        nullif(placed.subject, '') as subject,
        rules.responsible,
        indicator_lists.indicators,
        replies.reply,
        -- An error is mended, not answered.
        replies.reply is not null and rules.severity != 'error' as is_answered,
        nullif(placed.form_sheet, '') as form_sheet
    from placed
    inner join rules
        on placed.rule_code = rules.rule_code
    left join organisations
        on placed.area_code = organisations.organisation_code
    left join areas
        on placed.area_code = areas.area_code
    left join submissions
        on placed.submission_id = submissions.submission_id
    left join superseded
        on placed.submission_id = superseded.submission_id
    left join indicator_lists
        on
            placed.rule_code = indicator_lists.rule_code
            and placed.collection = indicator_lists.collection
            and placed.collection_year = indicator_lists.collection_year
            and placed.form_sheet = indicator_lists.form_sheet
    left join replies
        on
            placed.collection_year = replies.collection_year
            and placed.area_code = replies.organisation_code
            and placed.service = replies.service
            and placed.issue_reference = replies.issue_reference
            and replies.reply_rank = 1

)

select * from final
