-- What moderators decided about the words of a line, the last decision of each; on one day a refusal outweighs.
{%- set fields = ("moderated_submission_id", "topic", "line", "decision", "decided_by_role", "quotation") %}
with

entries as (

    select
        observations.submission_id,
        observations.row_number,
        {% for field in fields -%}
        max(case when observations.breakdown = '{{ field }}' then observations.value_text end) as {{ field }},
        {% endfor -%}
        max(submissions.published_on) as decided_on
    from {{ ref('stg_landed__observations') }} as observations
    inner join {{ ref('stg_landed__submissions') }} as submissions
        on observations.submission_id = submissions.submission_id
    where observations.measure = 'moderation'
    group by
        observations.submission_id,
        observations.row_number

),

ranked as (

    select
        entries.*,
        row_number() over (
            partition by entries.moderated_submission_id, entries.topic, entries.line
            order by entries.decided_on desc, entries.decision desc, entries.submission_id desc, entries.row_number desc
        ) as decision_rank
    from entries

),

final as (

    select
        moderated_submission_id,
        topic,
        cast(line as integer) as moderated_line,
        decision as moderation_status,
        decided_by_role,
        decided_on,
        quotation
    from ranked
    where decision_rank = 1

)

select * from final
