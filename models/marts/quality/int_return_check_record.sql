-- The lines of an action plan, of good practice and of other records, each by itself and against last year's. The
-- reader has written days as year-month-day, so that they are compared as text.
with

returns as (

    select * from {{ ref('int_return') }}

),

years_read as (

    {{ years_read('returns') | indent(4) }}

),

topics as (

    select
        sheet,
        topic
    from {{ ref('form_sheet') }}
    where kind = 'records'

),

fields as (

    select
        topics.topic,
        form_record.sheet,
        form_record.field,
        form_record.kind,
        form_record.first_year,
        coalesce(form_record.last_year, 9999) as last_year
    from {{ ref('form_record') }} as form_record
    inner join topics
        on form_record.sheet = topics.sheet

),

themes as (

    select
        theme,
        lower(theme_name) as theme_name
    from {{ ref('theme') }}

),

theme_indicators as (

    select
        theme,
        indicator_code,
        first_year,
        coalesce(last_year, 9999) as last_year
    from {{ ref('theme_indicator') }}

),

indicators as (

    select
        indicator_code,
        first_year,
        coalesce(last_year, 9999) as last_year
    from {{ ref('indicator_register') }}
    where collection = 'sc-wres'

),

limits as (

    select
        rule_code,
        limit_value,
        other_limit
    from {{ ref('rule_limit') }}

),

entries as (

    select
        returns.submission_id,
        returns.collection_year,
        observations.measure as topic,
        observations.breakdown as field,
        observations.row_number,
        observations.cell,
        -- What was masked was given, and is neither read nor quoted.
        case when observations.value_text not like '[masked:%' then trim(observations.value_text) else '' end as entry
    from {{ ref('stg_landed__observations') }} as observations
    inner join years_read
        on observations.collection_year = years_read.collection_year
    inner join returns
        on observations.submission_id = returns.submission_id
    inner join topics
        on observations.measure = topics.topic
    where trim(observations.value_text) != ''

),

lines as (

    select distinct
        submission_id,
        collection_year,
        topic,
        row_number
    from entries

),

asked as (

    select
        lines.submission_id,
        lines.collection_year,
        lines.topic,
        lines.row_number,
        fields.sheet,
        fields.field,
        fields.kind,
        coalesce(entries.cell, '') as cell,
        entries.entry
    from lines
    inner join fields
        on
            lines.topic = fields.topic
            and lines.collection_year between fields.first_year and fields.last_year
    left join entries
        on
            lines.submission_id = entries.submission_id
            and lines.topic = entries.topic
            and lines.row_number = entries.row_number
            and fields.field = entries.field

),

named as (

    select
        submission_id,
        topic,
        row_number,
        max(nullif(entry, '')) as line_name
    from asked
    where field in ('action_reference', 'title')
    group by
        submission_id,
        topic,
        row_number

),

-- What a line is called stays the same when lines are moved; one without a name is known by its row.
told as (

    select
        asked.*,
        asked.topic || ' | ' || asked.field || ' | '
        || coalesce(named.line_name, 'row ' || cast(asked.row_number as {{ varchar() }})) as subject,
        cast(asked.row_number as {{ varchar() }}) as line_text
    from asked
    left join named
        on
            asked.submission_id = named.submission_id
            and asked.topic = named.topic
            and asked.row_number = named.row_number

),

line_indicators as (

    select
        submission_id,
        collection_year,
        topic,
        row_number,
        sheet,
        cell,
        subject,
        line_text,
        entry,
        {{ split_to_rows("replace(replace(lower(entry), ',', ';'), ' ', ';')", "';'") }} as indicator_code
    from told
    where kind = 'indicators' and entry != ''

),

indicator_of_another_year as (

    select
        line_indicators.submission_id,
        'indicator_of_another_year' as rule_code,
        line_indicators.sheet,
        line_indicators.cell,
        line_indicators.subject,
        line_indicators.indicator_code as value_text,
        max(indicators.indicator_code) is null as is_broken,
        line_indicators.indicator_code as part_1,
        line_indicators.line_text as part_2,
        cast(line_indicators.collection_year as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from line_indicators
    left join indicators
        on
            line_indicators.indicator_code = indicators.indicator_code
            and line_indicators.collection_year between indicators.first_year and indicators.last_year
    where line_indicators.indicator_code != ''
    group by
        line_indicators.submission_id,
        line_indicators.sheet,
        line_indicators.cell,
        line_indicators.subject,
        line_indicators.indicator_code,
        line_indicators.line_text,
        line_indicators.collection_year

),

line_themes as (

    select
        told.submission_id,
        told.topic,
        told.row_number,
        themes.theme
    from told
    inner join themes
        on lower(told.entry) in (themes.theme, themes.theme_name)
    where told.field = 'theme'

),

indicator_outside_theme as (

    select
        line_indicators.submission_id,
        'indicator_outside_theme' as rule_code,
        line_indicators.sheet,
        line_indicators.cell,
        line_indicators.subject,
        max(line_indicators.entry) || ' in ' || line_themes.theme as value_text,
        count(theme_indicators.indicator_code) = 0 as is_broken,
        line_indicators.line_text as part_1,
        max(line_indicators.entry) as part_2,
        line_themes.theme as part_3,
        '' as part_4,
        '' as part_5
    from line_indicators
    inner join line_themes
        on
            line_indicators.submission_id = line_themes.submission_id
            and line_indicators.topic = line_themes.topic
            and line_indicators.row_number = line_themes.row_number
    inner join indicators
        on
            line_indicators.indicator_code = indicators.indicator_code
            and line_indicators.collection_year between indicators.first_year and indicators.last_year
    left join theme_indicators
        on
            line_themes.theme = theme_indicators.theme
            and line_indicators.indicator_code = theme_indicators.indicator_code
            and line_indicators.collection_year between theme_indicators.first_year and theme_indicators.last_year
    group by
        line_indicators.submission_id,
        line_indicators.sheet,
        line_indicators.cell,
        line_indicators.subject,
        line_indicators.line_text,
        line_themes.theme

),

{% set action_fields = (
    "action_reference", "success_measure", "baseline", "baseline_on", "time_scale", "due_on", "progress",
) -%}
actions as (

    select
        submission_id,
        row_number,
        max(sheet) as sheet,
        max(line_text) as line_text,
        {% for field in action_fields -%}
        lower(max(case when field = '{{ field }}' then entry end)) as {{ field }},
        max(case when field = '{{ field }}' then cell end) as {{ field }}_cell,
        max(case when field = '{{ field }}' then subject end) as {{ field }}_subject,
        {% endfor -%}
        max(case when field = 'action_reference' then entry end) as reference_given
    from told
    where topic = 'action_plan'
    group by
        submission_id,
        row_number

),

action_overdue as (

    select
        actions.submission_id,
        'action_overdue' as rule_code,
        actions.sheet,
        actions.due_on_cell as cell,
        actions.due_on_subject as subject,
        actions.due_on || ', ' || actions.progress as value_text,
        actions.due_on < cast(returns.snapshot_date as {{ varchar() }}) as is_broken,
        actions.line_text as part_1,
        actions.due_on as part_2,
        actions.progress as part_3,
        cast(returns.snapshot_date as {{ varchar() }}) as part_4,
        '' as part_5
    from actions
    inner join returns
        on actions.submission_id = returns.submission_id
    where
        actions.due_on like '____-__-__'
        and actions.progress not in ('done', 'stopped', '')
        and returns.snapshot_date is not null

),

action_done_unmeasured as (

    select
        submission_id,
        'action_done_unmeasured' as rule_code,
        sheet,
        success_measure_cell as cell,
        success_measure_subject as subject,
        '' as value_text,
        success_measure is null as is_broken,
        line_text as part_1,
        '' as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from actions
    where progress = 'done'

),

baseline_without_date as (

    select
        submission_id,
        'baseline_without_date' as rule_code,
        sheet,
        baseline_on_cell as cell,
        baseline_on_subject as subject,
        baseline as value_text,
        baseline_on is null as is_broken,
        line_text as part_1,
        '' as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from actions
    where baseline is not null

),

references_used as (

    select
        submission_id,
        action_reference,
        max(reference_given) as reference_given,
        max(sheet) as sheet,
        max(action_reference_cell) as cell,
        max(action_reference_subject) as subject,
        max(progress) as progress,
        count(*) as lines_with_it
    from actions
    where action_reference != ''
    group by
        submission_id,
        action_reference

),

time_scale_differs as (

    select
        actions.submission_id,
        'time_scale_differs' as rule_code,
        actions.sheet,
        actions.time_scale_cell as cell,
        actions.time_scale_subject as subject,
        actions.time_scale || ', ' || actions.due_on as value_text,
        (
            actions.time_scale = 'short'
            and actions.due_on > substring(cast({{ dbt.dateadd(
                'month', 'cast(limits.limit_value as integer)', 'returns.signed_off_on'
            ) }} as {{ varchar() }}), 1, 10)
        )
        or (
            actions.time_scale = 'long'
            and actions.due_on < substring(cast({{ dbt.dateadd(
                'month', 'cast(limits.other_limit as integer)', 'returns.signed_off_on'
            ) }} as {{ varchar() }}), 1, 10)
        ) as is_broken,
        actions.line_text as part_1,
        actions.time_scale as part_2,
        actions.due_on as part_3,
        '' as part_4,
        '' as part_5
    from actions
    inner join returns
        on actions.submission_id = returns.submission_id
    inner join limits
        on limits.rule_code = 'time_scale_differs'
    left join references_used as earlier
        on
            returns.previous_submission_id = earlier.submission_id
            and actions.action_reference = earlier.action_reference
    -- What was a long way off last year may well be due soon now: the two go together in an action that is new.
    where
        earlier.submission_id is null
        and actions.due_on like '____-__-__'
        and actions.time_scale != ''
        and actions.progress not in ('done', 'stopped', '')
        and returns.signed_off_on is not null

),

repeated_action_reference as (

    select
        submission_id,
        'repeated_action_reference' as rule_code,
        sheet,
        cell,
        subject,
        reference_given as value_text,
        lines_with_it > 1 as is_broken,
        reference_given as part_1,
        cast(lines_with_it as {{ varchar() }}) as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from references_used

),

action_disappeared as (

    select
        returns.submission_id,
        'action_disappeared' as rule_code,
        earlier.sheet,
        '' as cell,
        earlier.subject,
        earlier.progress as value_text,
        references_used.submission_id is null as is_broken,
        earlier.reference_given as part_1,
        earlier.progress as part_2,
        cast(returns.previous_year as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from returns
    inner join references_used as earlier
        on returns.previous_submission_id = earlier.submission_id
    left join references_used
        on
            returns.submission_id = references_used.submission_id
            and earlier.action_reference = references_used.action_reference
    where earlier.progress not in ('done', 'stopped', '')

),

final as (

    {{ checks_made([
        "indicator_of_another_year", "indicator_outside_theme", "action_overdue", "action_done_unmeasured",
        "baseline_without_date", "time_scale_differs", "repeated_action_reference", "action_disappeared",
    ]) }}

)

{{ kept_by_year('final') }}
