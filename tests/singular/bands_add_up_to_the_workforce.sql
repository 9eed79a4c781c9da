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

form_bands as (

    select
        breakdown,
        first_year,
        coalesce(last_year, 9999) as last_year
    from {{ ref('form_column') }}
    where measure = 'staff' and breakdown != 'all'

),

-- Each band that the form of the year asks for; one that was left blank has no count.
bands as (

    select
        staff.submission_id,
        staff.ethnic_value,
        sum(headcounts.value) as people
    from staff
    inner join form_bands
        on staff.collection_year between form_bands.first_year and form_bands.last_year
    left join headcounts
        on
            staff.submission_id = headcounts.submission_id
            and staff.ethnic_value = headcounts.ethnic_value
            and form_bands.breakdown = headcounts.breakdown
    group by
        staff.submission_id,
        staff.ethnic_value
    -- A band that is blank, withheld or not collected leaves the sum open.
    having
        count(*)
        = count(case when headcounts.value is not null or headcounts.value_note = 'not_applicable' then 1 end)

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
