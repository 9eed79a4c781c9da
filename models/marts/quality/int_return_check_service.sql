-- The return of a service against that of the organisation's other service in the same round.
with

returns as (

    select * from {{ ref('int_return') }}

),

pairs as (

    select
        returns.submission_id,
        returns.other_submission_id,
        returns.other_service,
        returns.snapshot_date,
        other_returns.snapshot_date as other_snapshot_date,
        returns.scheme_name,
        other_returns.scheme_name as other_scheme_name,
        returns.is_consent_given,
        other_returns.is_consent_given as other_is_consent_given
    from returns
    inner join returns as other_returns
        on returns.other_submission_id = other_returns.submission_id

),

cover_cells as (

    select
        submission_id,
        field,
        cell
    from {{ ref('cover_answer') }}

),

{% set answers = {
    'snapshot_differs_between_services': ('snapshot_date', 'snapshot_date'),
    'scheme_differs_between_services': ('scheme_name', 'ethnic_detail'),
    'consent_differs_between_services': ('is_consent_given', 'consent_to_publish'),
} -%}
{% for rule_code, (column, field) in answers.items() -%}
{{ rule_code }} as (

    select
        pairs.submission_id,
        '{{ rule_code }}' as rule_code,
        'Cover' as sheet,
        coalesce(cover_cells.cell, '') as cell,
        'cover | {{ field }}' as subject,
        cast(pairs.{{ column }} as {{ varchar() }}) || ' against '
        || cast(pairs.other_{{ column }} as {{ varchar() }}) as value_text,
        pairs.{{ column }} != pairs.other_{{ column }} as is_broken,
        {% if field == 'consent_to_publish' -%}
        case when pairs.{{ column }} then 'yes' else 'no' end as part_1,
        case when pairs.other_{{ column }} then 'yes' else 'no' end as part_2,
        {% else -%}
        cast(pairs.{{ column }} as {{ varchar() }}) as part_1,
        cast(pairs.other_{{ column }} as {{ varchar() }}) as part_2,
        {% endif -%}
        pairs.other_service as part_3,
        '' as part_4,
        '' as part_5
    from pairs
    left join cover_cells
        on
            pairs.submission_id = cover_cells.submission_id
            and cover_cells.field = '{{ field }}'
    where pairs.{{ column }} is not null and pairs.other_{{ column }} is not null

),

{% endfor -%}
same_figures_in_services as (

    select
        pairs.submission_id,
        'same_figures_in_services' as rule_code,
        '' as sheet,
        '' as cell,
        'return' as subject,
        cast(count(*) as {{ varchar() }}) as value_text,
        count(case when counts.people != other_returns.people then 1 end) = 0 as is_broken,
        cast(count(*) as {{ varchar() }}) as part_1,
        max(pairs.other_service) as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    -- Read for each by itself, so that the counts of organisations with one service are not kept in memory.
    from pairs
    inner join {{ ref('int_return_count') }} as counts
        on pairs.submission_id = counts.submission_id
    inner join {{ ref('int_return_count') }} as other_returns
        on
            pairs.other_submission_id = other_returns.submission_id
            and counts.measure = other_returns.measure
            and counts.breakdown = other_returns.breakdown
            and counts.ethnic_value = other_returns.ethnic_value
    where
        counts.people is not null
        and other_returns.people is not null
        and {{ is_year_to_build('counts.collection_year') }}
        and {{ is_year_to_build('other_returns.collection_year') }}
    group by pairs.submission_id
    having count(case when counts.people > 0 then 1 end) >= {{ var('copied_cells') }}

),

previous_others as (

    select
        returns.submission_id,
        returns.service,
        returns.previous_year,
        max(returns.other_submission_id) as other_submission_id,
        max(other_returns.service) as other_service
    from returns
    inner join returns as other_returns
        on
            returns.previous_year = other_returns.collection_year
            and returns.organisation_code = other_returns.organisation_code
            and returns.service != other_returns.service
    group by
        returns.submission_id,
        returns.service,
        returns.previous_year

),

service_not_returned as (

    select
        submission_id,
        'service_not_returned' as rule_code,
        '' as sheet,
        '' as cell,
        'return' as subject,
        other_service as value_text,
        other_submission_id is null as is_broken,
        other_service as part_1,
        cast(previous_year as {{ varchar() }}) as part_2,
        service as part_3,
        '' as part_4,
        '' as part_5
    from previous_others

),

final as (

    {{ checks_made(answers | list + ["same_figures_in_services", "service_not_returned"]) }}

)

{{ kept_by_year('final') }}
