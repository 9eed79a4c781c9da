-- Each published census figure that its authorities do not make is an issue, and no other is.
with

differences as (

    select
        collection_year,
        area_code,
        cell,
        submission_id
    from {{ ref('int_census_reconciliation') }}
    where published_people != authority_people

),

issues as (

    select
        collection_year,
        area_code,
        cell,
        submission_id
    from {{ ref('fct_data_issue') }}
    where rule_code in ('census_difference', 'census_difference_explained')

),

final as (

    select
        coalesce(differences.collection_year, issues.collection_year) as collection_year,
        coalesce(differences.area_code, issues.area_code) as area_code,
        coalesce(differences.submission_id, issues.submission_id) as submission_id,
        coalesce(differences.cell, issues.cell) as cell,
        differences.submission_id is not null as is_different,
        issues.submission_id is not null as is_told
    from differences
    full outer join issues
        on
            differences.collection_year = issues.collection_year
            and differences.area_code = issues.area_code
            and differences.submission_id = issues.submission_id
            and differences.cell = issues.cell
    where differences.submission_id is null or issues.submission_id is null

)

select * from final
