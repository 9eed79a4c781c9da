-- Each column of counts that the form of the year asks for, summed up for each current return; a column with nothing in
-- it has a row, too.
with

returns as (

    select
        submission_id,
        collection_year,
        service,
        ethnic_scheme
    from {{ ref('int_return') }}

),

form_columns as (

    select
        sheet,
        measure,
        breakdown,
        first_year,
        coalesce(last_year, 9999) as last_year
    from {{ ref('form_column') }}

),

measures as (

    select
        measure,
        measure_name,
        within_measure
    from {{ ref('measure') }}

),

scheme_sizes as (

    select
        scheme,
        count(*) as ethnic_values
    from {{ ref('ethnic_group_mapping') }}
    group by scheme

),

counts as (

    select * from {{ ref('int_return_count') }}
    where {{ is_year_to_build() }}

),

totals as (

    select
        submission_id,
        measure,
        breakdown,
        max(cast(value as bigint)) as total_given,
        max(cell) as total_cell
    from {{ ref('headcount') }}
    where collection = 'sc-wres' and ethnic_value = 'Total' and {{ is_year_to_build() }}
    group by
        submission_id,
        measure,
        breakdown

),

summed as (

    select
        submission_id,
        measure,
        breakdown,
        count(*) as cells,
        count(people) as cells_counted,
        count(case when value_note = 'not_collected' then 1 end) as cells_not_collected,
        count(case when value_note = 'invalid' then 1 end) as cells_invalid,
        cast(sum(people) as bigint) as people,
        cast(sum(case when level != 'unknown' then people end) as bigint) as known,
        cast(sum(case when level = 'unknown' then people end) as bigint) as not_known,
        cast(sum(case when headline_group = 'white' then people end) as bigint) as white,
        cast(sum(case when headline_group = 'minority_ethnic' then people end) as bigint) as minority_ethnic,
        count(case when level != 'unknown' and people is not null then 1 end) as groups_counted,
        count(case when level != 'unknown' and people > 0 then 1 end) as groups_with_people,
        count(case when headline_group = 'minority_ethnic' and people > 0 then 1 end) as minority_groups_with_people,
        count(
            distinct case when headline_group = 'minority_ethnic' and people > 0 then major_group end
        ) as minority_majors,
        max(case when level != 'unknown' and people > 0 then ethnic_value end) as one_group,
        min(people) as smallest,
        max(people) as largest,
        count(case when people > 0 then 1 end) as positive,
        count(case when people > 0 and mod(people, 5) = 0 then 1 end) as multiples_of_5,
        count(case when people between 1 and 4 then 1 end) as from_1_to_4,
        count(case when people between 5 and 9 then 1 end) as from_5_to_9
    from counts
    group by
        submission_id,
        measure,
        breakdown

),

final as (

    select
        returns.submission_id,
        returns.collection_year,
        returns.service,
        form_columns.sheet,
        form_columns.measure,
        form_columns.breakdown,
        measures.measure_name
        || case when form_columns.breakdown = 'all' then '' else ', ' || form_columns.breakdown end as column_name,
        form_columns.measure || ' | ' || form_columns.breakdown as subject,
        measures.within_measure,
        scheme_sizes.ethnic_values,
        coalesce(summed.cells, 0) as cells,
        coalesce(summed.cells_counted, 0) as cells_counted,
        coalesce(summed.cells_not_collected, 0) as cells_not_collected,
        coalesce(summed.cells_invalid, 0) as cells_invalid,
        summed.people,
        summed.known,
        summed.not_known,
        summed.white,
        summed.minority_ethnic,
        summed.groups_counted,
        summed.groups_with_people,
        summed.minority_groups_with_people,
        summed.minority_majors,
        summed.one_group,
        summed.smallest,
        summed.largest,
        coalesce(summed.positive, 0) as positive,
        coalesce(summed.multiples_of_5, 0) as multiples_of_5,
        coalesce(summed.from_1_to_4, 0) as from_1_to_4,
        coalesce(summed.from_5_to_9, 0) as from_5_to_9,
        totals.total_given,
        totals.total_cell
    from returns
    inner join form_columns
        on returns.collection_year between form_columns.first_year and form_columns.last_year
    inner join measures
        on form_columns.measure = measures.measure
    left join scheme_sizes
        on returns.ethnic_scheme = scheme_sizes.scheme
    left join summed
        on
            returns.submission_id = summed.submission_id
            and form_columns.measure = summed.measure
            and form_columns.breakdown = summed.breakdown
    left join totals
        on
            returns.submission_id = totals.submission_id
            and form_columns.measure = totals.measure
            and form_columns.breakdown = totals.breakdown

)

{{ kept_by_year('final') }}
