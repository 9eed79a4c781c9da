-- Who registered for a round: what is public, and the programme's own register. The latest line of each service counts.
with

public_lines as (

    select
        collection_year,
        organisation_code,
        service,
        registered_on,
        kind,
        sponsor_role,
        outcome,
        changed_on,
        note,
        cast(null as {{ varchar() }}) as submission_id,
        0 as row_number
    from {{ ref('registration_register') }}

),

files as (

    select distinct submission_id
    from {{ ref('stg_landed__submissions') }}
    where dataset = 'register' and status = 'accepted'

),

observations as (

    select
        submission_id,
        row_number,
        collection_year,
        area_code,
        breakdown,
        measure,
        value_text
    from {{ ref('stg_landed__observations') }}

),

services as (

    select service
    from {{ ref('service') }}
    where service != 'all'

),

file_lines as (

    select
        max(observations.collection_year) as collection_year,
        max(observations.area_code) as organisation_code,
        max(observations.breakdown) as service,
        max(case when observations.measure = 'registered_on' then observations.value_text end) as registered_on,
        max(case when observations.measure = 'registration_kind' then observations.value_text end) as kind,
        max(case when observations.measure = 'sponsor_role' then observations.value_text end) as sponsor_role,
        max(case when observations.measure = 'registration_outcome' then observations.value_text end) as outcome,
        max(case when observations.measure = 'register_changed_on' then observations.value_text end) as changed_on,
        observations.submission_id,
        observations.row_number
    from observations
    inner join files
        on observations.submission_id = files.submission_id
    group by
        observations.submission_id,
        observations.row_number

),

dated_lines as (

    select
        file_lines.collection_year,
        file_lines.organisation_code,
        file_lines.service,
        {{ date_of_text('file_lines.registered_on') }} as registered_on,
        file_lines.kind,
        file_lines.sponsor_role,
        file_lines.outcome,
        {{ date_of_text('file_lines.changed_on') }} as changed_on,
        cast(null as {{ varchar() }}) as note,
        file_lines.submission_id,
        file_lines.row_number
    from file_lines
    inner join services
        on file_lines.service = services.service
    where file_lines.collection_year is not null and file_lines.organisation_code is not null

),

lines as (

    select * from public_lines
    union all
    select * from dated_lines

),

ranked as (

    select
        *,
        row_number() over (
            partition by
                collection_year,
                organisation_code,
                service
            order by
                coalesce(changed_on, registered_on, date '1900-01-01') desc,
                coalesce(submission_id, '') desc,
                row_number desc
        ) as line_rank
    from lines

),

final as (

    select
        collection_year,
        organisation_code,
        service,
        registered_on,
        kind,
        sponsor_role,
        -- A line that does not say is one that nobody has decided yet.
        coalesce(outcome, 'asked') as outcome,
        changed_on,
        note,
        submission_id
    from ranked
    where line_rank = 1

)

select * from final
