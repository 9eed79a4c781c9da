-- Each ethnic group of each current return, by whether its pay bands make its staff, against what the issues say.
with

headcounts as (

    select * from {{ ref('headcount') }}
    where
        collection = 'sc-wres'
        and measure = 'staff'
        and ethnic_value != 'Total'

),

staff as (

    select * from headcounts
    where breakdown = 'all' and value is not null

),

bands as (

    select
        submission_id,
        ethnic_value,
        sum(value) as people
    from headcounts
    where breakdown != 'all'
    group by
        submission_id,
        ethnic_value
    -- A band that is withheld, or not collected, leaves the sum open.
    having count(value) = count(case when value_note is null or value_note != 'not_applicable' then 1 end)

),

differences as (

    select
        staff.submission_id,
        staff.cell
    from staff
    inner join bands
        on
            staff.submission_id = bands.submission_id
            and staff.ethnic_value = bands.ethnic_value
    where bands.people != staff.value

),

issues as (

    select
        submission_id,
        cell
    from {{ ref('fct_data_issue') }}
    where rule_code = 'bands_do_not_add_up'

),

final as (

    select
        coalesce(differences.submission_id, issues.submission_id) as submission_id,
        coalesce(differences.cell, issues.cell) as cell,
        differences.submission_id is not null as is_different,
        issues.submission_id is not null as is_told
    from differences
    full outer join issues
        on
            differences.submission_id = issues.submission_id
            and differences.cell = issues.cell
    where differences.submission_id is null or issues.submission_id is null

)

select * from final
