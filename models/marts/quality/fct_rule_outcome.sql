-- What became of each rule on each current return. What could not be looked at is not run, and never passed.
with

returns as (

    select * from {{ ref('int_return') }}
    where {{ is_year_to_build() }}

),

organisations as (

    select
        organisation_code,
        organisation_name
    from {{ ref('organisation') }}

),

rules as (

    select
        registry.rule_code,
        registry.severity,
        registry.title,
        registry.dimension,
        registry.checked_by,
        registry.responsible,
        registry.needs,
        registry.first_year,
        coalesce(registry.last_year, 9999) as last_year,
        scopes.stage,
        scopes.looks_at
    from {{ ref('rule') }} as registry
    inner join {{ ref('rule_scope') }} as scopes
        on registry.rule_code = scopes.rule_code
    inner join {{ ref('rule_stage') }} as rule_stages
        on scopes.stage = rule_stages.stage
    where rule_stages.is_about_returns

),

checks as (

    select
        submission_id,
        rule_code,
        sum(checks) as checks,
        sum(case when is_broken then checks else 0 end) as breaches
    from {{ ref('int_return_check') }}
    where {{ is_year_to_build() }}
    group by
        submission_id,
        rule_code

),

issues as (

    select
        submission_id,
        rule_code,
        count(*) as issues,
        count(case when is_answered then 1 end) as answered
    from {{ ref('fct_data_issue') }}
    where is_current and {{ is_year_to_build() }}
    group by
        submission_id,
        rule_code

),

records as (

    select
        observations.submission_id,
        count(*) as cells
    from {{ ref('stg_landed__observations') }} as observations
    inner join {{ ref('form_sheet') }} as sheets
        on
            observations.measure = sheets.topic
            and sheets.kind = 'records'
    group by observations.submission_id

),

-- What there is to look at when a file is read and received.
contents as (

    select
        submission_id,
        'file' as part_name,
        1 as cells
    from returns

    union all

    {% for field in ("service", "return_version", "signed_off_on", "snapshot_date", "window_start") -%}
    select
        submission_id,
        '{{ field }}' as part_name,
        1 as cells
    from returns
    where {{ field }} is not null

    union all

    {% endfor -%}
    select
        submission_id,
        'cover' as part_name,
        count(*) as cells
    from {{ ref('cover_answer') }}
    group by submission_id

    union all

    select
        submission_id,
        'entry' as part_name,
        sum(cells) as cells
    from {{ ref('int_return_column') }}
    where {{ is_year_to_build() }}
    group by submission_id
    having sum(cells) > 0

    union all

    select
        submission_id,
        'number' as part_name,
        sum(cells_counted) as cells
    from {{ ref('int_return_column') }}
    where {{ is_year_to_build() }}
    group by submission_id
    having sum(cells_counted) > 0

    union all

    select
        submission_id,
        'record' as part_name,
        cells
    from records

    union all

    select
        submission_id,
        'reply' as part_name,
        count(*) as cells
    from {{ ref('stg_landed__observations') }}
    where measure = 'reply' and breakdown = 'issue_reference'
    group by submission_id

),

looked_at as (

    select
        rule_code,
        {{ split_to_rows('looks_at', "' '") }} as part_name
    from rules
    where looks_at is not null

),

parts_needed as (

    select
        rule_code,
        count(*) as parts
    from looked_at
    group by rule_code

),

on_receipt as (

    select
        contents.submission_id,
        looked_at.rule_code,
        min(contents.cells) as checks
    from looked_at
    inner join contents
        on looked_at.part_name = contents.part_name
    inner join parts_needed
        on looked_at.rule_code = parts_needed.rule_code
    group by
        contents.submission_id,
        looked_at.rule_code
    having count(*) = max(parts_needed.parts)

),

judged as (

    select
        returns.collection,
        returns.collection_year,
        returns.organisation_code,
        returns.service,
        returns.submission_id,
        rules.rule_code,
        rules.title,
        rules.stage,
        rules.severity,
        rules.dimension,
        rules.responsible,
        rules.needs,
        coalesce(checks.breaches, issues.issues, 0) as breaches,
        coalesce(issues.answered, 0) as answered,
        greatest(coalesce(checks.checks, on_receipt.checks, 0), coalesce(checks.breaches, issues.issues, 0)) as checks
    from returns
    inner join rules
        on returns.collection_year between coalesce(rules.first_year, returns.collection_year) and rules.last_year
    left join checks
        on
            returns.submission_id = checks.submission_id
            and rules.rule_code = checks.rule_code
    left join on_receipt
        on
            returns.submission_id = on_receipt.submission_id
            and rules.rule_code = on_receipt.rule_code
    left join issues
        on
            returns.submission_id = issues.submission_id
            and rules.rule_code = issues.rule_code

),

final as (

    select
        judged.collection,
        judged.collection_year,
        judged.organisation_code as area_code,
        organisations.organisation_name as area_name,
        judged.service,
        judged.submission_id,
        judged.rule_code,
        judged.title,
        judged.stage as rule_stage,
        judged.severity,
        judged.dimension,
        judged.responsible,
        case
            when judged.breaches > 0 then 'broken'
            when judged.checks > 0 then 'passed'
            else 'not run'
        end as outcome,
        cast(judged.checks as bigint) as checks,
        cast(judged.breaches as bigint) as breaches,
        cast(judged.answered as bigint) as answered,
        case
            when judged.checks = 0 then 'This needs ' || coalesce(judged.needs, 'something to look at') || '.'
        end as reason
    from judged
    left join organisations
        on judged.organisation_code = organisations.organisation_code

)

{{ kept_by_year('final') }}
