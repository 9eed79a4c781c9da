-- A return against the one of the round before.
with

returns as (

    select * from {{ ref('int_return') }}

),

pairs as (

    select
        returns.submission_id,
        returns.previous_submission_id,
        returns.collection_year,
        returns.previous_year,
        returns.window_start,
        returns.scheme_name,
        returns.scheme_groups,
        earlier.snapshot_date as previous_snapshot_date,
        earlier.scheme_name as previous_scheme_name,
        earlier.scheme_groups as previous_scheme_groups
    from returns
    inner join returns as earlier
        on returns.previous_submission_id = earlier.submission_id
    where {{ is_year_to_build('returns.collection_year') }}

),

limits as (

    select
        rule_code,
        least_size,
        limit_value,
        other_limit
    from {{ ref('rule_limit') }}

),

years_read as (

    {{ years_read('returns') | indent(4) }}

),

counts as (

    select
        return_counts.submission_id,
        return_counts.sheet,
        return_counts.cell,
        return_counts.measure,
        return_counts.breakdown,
        return_counts.ethnic_scheme,
        return_counts.ethnic_value,
        return_counts.level,
        return_counts.people
    from {{ ref('int_return_count') }} as return_counts
    inner join years_read
        on return_counts.collection_year = years_read.collection_year
    where return_counts.people is not null

),

table_columns as (

    select return_columns.*
    from {{ ref('int_return_column') }} as return_columns
    inner join years_read
        on return_columns.collection_year = years_read.collection_year

),

cover_cells as (

    select
        submission_id,
        field,
        cell
    from {{ ref('cover_answer') }}

),

changes as (

    select
        collection,
        collection_year,
        area_code,
        service,
        measure,
        previous_year,
        previous_value,
        current_value,
        median_ratio,
        is_unusual
    from {{ ref('int_unusual_change') }}
    where median_ratio is not null and {{ is_year_to_build() }}

),

unusual_change as (

    select
        returns.submission_id,
        'unusual_change' as rule_code,
        table_columns.sheet,
        '' as cell,
        table_columns.subject,
        cast(changes.previous_value as {{ varchar() }}) || ' to '
        || cast(changes.current_value as {{ varchar() }}) as value_text,
        changes.is_unusual as is_broken,
        table_columns.column_name as part_1,
        cast(changes.previous_value as {{ varchar() }}) || ' in '
        || cast(changes.previous_year as {{ varchar() }}) as part_2,
        cast(changes.current_value as {{ varchar() }}) as part_3,
        cast(cast(floor(100 * changes.median_ratio + 0.5) / 100 as decimal(9, 2)) as {{ varchar() }}) as part_4,
        '' as part_5
    from changes
    inner join returns
        on
            changes.collection = returns.collection
            and changes.collection_year = returns.collection_year
            and changes.area_code = returns.organisation_code
            and changes.service = returns.service
    inner join table_columns
        on
            returns.submission_id = table_columns.submission_id
            and changes.measure = table_columns.measure
            and table_columns.breakdown = 'all'

),

-- The same cells of both years; a year that counts other groups has none in common.
both_years as (

    select
        counts.submission_id,
        pairs.previous_year,
        counts.sheet,
        counts.cell,
        counts.measure,
        counts.breakdown,
        counts.ethnic_value,
        counts.level,
        counts.people,
        earlier.people as previous_people
    from pairs
    inner join counts
        on pairs.submission_id = counts.submission_id
    inner join counts as earlier
        on
            pairs.previous_submission_id = earlier.submission_id
            and counts.measure = earlier.measure
            and counts.breakdown = earlier.breakdown
            and counts.ethnic_scheme = earlier.ethnic_scheme
            and counts.ethnic_value = earlier.ethnic_value

),

-- Small figures are the same from year to year by chance: the larger ones tell, where there are enough of them.
compared as (

    select
        both_years.submission_id,
        both_years.previous_year,
        limits.limit_value,
        count(*) as cells,
        count(case when both_years.people = both_years.previous_people then 1 end) as cells_same,
        count(case when both_years.people >= limits.least_size then 1 end) as cells_larger,
        count(case
            when both_years.people >= limits.least_size and both_years.people = both_years.previous_people then 1
        end) as cells_larger_same
    from both_years
    inner join limits
        on limits.rule_code = 'copied_from_last_year'
    group by
        both_years.submission_id,
        both_years.previous_year,
        limits.limit_value
    having count(case when both_years.people > 0 then 1 end) >= {{ var('copied_cells') }}

),

judged as (

    select
        submission_id,
        previous_year,
        limit_value,
        case when cells_larger >= {{ var('copied_cells') }} then cells_larger else cells end as cells,
        case when cells_larger >= {{ var('copied_cells') }} then cells_larger_same else cells_same end as cells_same,
        cells_larger >= {{ var('copied_cells') }} as is_large
    from compared

),

-- A few figures may have been changed in a return that was sent again by mistake.
copied_from_last_year as (

    select
        submission_id,
        'copied_from_last_year' as rule_code,
        '' as sheet,
        '' as cell,
        'return' as subject,
        cast(cells_same as {{ varchar() }}) || ' of ' || cast(cells as {{ varchar() }}) as value_text,
        cells_same >= cells * case when is_large then limit_value else 1 end as is_broken,
        cast(cells_same as {{ varchar() }}) as part_1,
        cast(cells as {{ varchar() }}) as part_2,
        cast(previous_year as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from judged

),

group_emptied as (

    select
        both_years.submission_id,
        'group_emptied' as rule_code,
        both_years.sheet,
        both_years.cell,
        table_columns.subject || ' | ' || both_years.ethnic_value as subject,
        cast(both_years.previous_people as {{ varchar() }}) || ' to '
        || cast(both_years.people as {{ varchar() }}) as value_text,
        both_years.people = 0 as is_broken,
        table_columns.column_name as part_1,
        both_years.ethnic_value as part_2,
        cast(both_years.previous_people as {{ varchar() }}) as part_3,
        cast(both_years.previous_year as {{ varchar() }}) as part_4,
        '' as part_5
    from both_years
    inner join limits
        on limits.rule_code = 'group_emptied'
    inner join table_columns
        on
            both_years.submission_id = table_columns.submission_id
            and both_years.measure = table_columns.measure
            and both_years.breakdown = table_columns.breakdown
    where
        both_years.breakdown = 'all'
        and both_years.level != 'unknown'
        and both_years.previous_people >= limits.least_size

),

column_pairs as (

    select
        pairs.submission_id,
        pairs.collection_year,
        pairs.previous_year,
        current_columns.sheet,
        current_columns.measure,
        current_columns.breakdown,
        current_columns.column_name,
        current_columns.subject,
        current_columns.cells - current_columns.cells_not_collected as cells_given,
        current_columns.people,
        current_columns.not_known,
        current_columns.white,
        current_columns.minority_ethnic,
        current_columns.cells_counted = current_columns.ethnic_values as is_complete,
        previous_columns.cells_counted as previous_cells_counted,
        previous_columns.people as previous_people,
        previous_columns.not_known as previous_not_known,
        previous_columns.white as previous_white,
        previous_columns.minority_ethnic as previous_minority_ethnic,
        previous_columns.cells_counted = previous_columns.ethnic_values as previous_is_complete
    from pairs
    inner join table_columns as current_columns
        on pairs.submission_id = current_columns.submission_id
    inner join table_columns as previous_columns
        on
            pairs.previous_submission_id = previous_columns.submission_id
            and current_columns.measure = previous_columns.measure
            and current_columns.breakdown = previous_columns.breakdown

),

not_given_again as (

    select
        submission_id,
        'not_given_again' as rule_code,
        sheet,
        '' as cell,
        subject,
        '' as value_text,
        cells_given = 0 as is_broken,
        column_name as part_1,
        cast(previous_year as {{ varchar() }}) as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from column_pairs
    where breakdown = 'all' and previous_cells_counted > 0

),

-- White of now like minority ethnic of then, and the reverse, where the two were far apart.
groups_swapped as (

    select
        column_pairs.submission_id,
        'groups_swapped' as rule_code,
        column_pairs.sheet,
        '' as cell,
        column_pairs.subject,
        cast(column_pairs.white as {{ varchar() }}) || ', '
        || cast(column_pairs.minority_ethnic as {{ varchar() }}) as value_text,
        abs(column_pairs.white - column_pairs.previous_minority_ethnic)
        <= limits.limit_value * column_pairs.previous_minority_ethnic
        and abs(column_pairs.minority_ethnic - column_pairs.previous_white)
        <= limits.limit_value * column_pairs.previous_white as is_broken,
        column_pairs.column_name as part_1,
        cast(column_pairs.white as {{ varchar() }}) as part_2,
        cast(column_pairs.minority_ethnic as {{ varchar() }}) as part_3,
        cast(column_pairs.previous_white as {{ varchar() }}) as part_4,
        cast(column_pairs.previous_minority_ethnic as {{ varchar() }}) as part_5
    from column_pairs
    inner join limits
        on limits.rule_code = 'groups_swapped'
    where
        column_pairs.breakdown = 'all'
        and column_pairs.is_complete
        and column_pairs.previous_is_complete
        and column_pairs.previous_white + column_pairs.previous_minority_ethnic >= limits.least_size
        and column_pairs.previous_minority_ethnic > 0
        and greatest(column_pairs.previous_white, column_pairs.previous_minority_ethnic)
        >= limits.other_limit * least(column_pairs.previous_white, column_pairs.previous_minority_ethnic)

),

unknown_share_rose as (

    select
        column_pairs.submission_id,
        'unknown_share_rose' as rule_code,
        column_pairs.sheet,
        '' as cell,
        column_pairs.subject,
        cast(column_pairs.not_known as {{ varchar() }}) || ' of '
        || cast(column_pairs.people as {{ varchar() }}) as value_text,
        column_pairs.not_known * column_pairs.previous_people
        > limits.limit_value * column_pairs.previous_not_known * column_pairs.people
        and {{ double('column_pairs.not_known') }} / column_pairs.people
        - {{ double('column_pairs.previous_not_known') }} / column_pairs.previous_people
        > limits.other_limit as is_broken,
        column_pairs.column_name as part_1,
        {{ percent(double('column_pairs.previous_not_known') ~ " / column_pairs.previous_people") }} || '%' as part_2,
        {{ percent(double('column_pairs.not_known') ~ " / column_pairs.people") }} || '%' as part_3,
        cast(column_pairs.previous_year as {{ varchar() }}) as part_4,
        '' as part_5
    from column_pairs
    inner join limits
        on limits.rule_code = 'unknown_share_rose'
    where
        column_pairs.measure = 'staff'
        and column_pairs.breakdown = 'all'
        and column_pairs.is_complete
        and column_pairs.previous_is_complete
        and column_pairs.people >= limits.least_size
        and column_pairs.previous_people >= limits.least_size

),

-- Nobody can be gone without having left: staff of a year ago, less the leavers, are here still.
staff_does_not_reconcile as (

    select
        staff.submission_id,
        'staff_does_not_reconcile' as rule_code,
        staff.sheet,
        '' as cell,
        staff.subject,
        cast(staff.previous_people as {{ varchar() }}) || ', ' || cast(leavers.people as {{ varchar() }}) || ', '
        || cast(staff.people as {{ varchar() }}) as value_text,
        staff.previous_people * (1 - limits.limit_value) - leavers.people > staff.people as is_broken,
        cast(staff.previous_people as {{ varchar() }}) as part_1,
        cast(staff.previous_year as {{ varchar() }}) as part_2,
        cast(leavers.people as {{ varchar() }}) as part_3,
        cast(staff.people as {{ varchar() }}) as part_4,
        '' as part_5
    from column_pairs as staff
    inner join table_columns as leavers
        on
            staff.submission_id = leavers.submission_id
            and leavers.measure = 'leavers'
            and leavers.breakdown = 'all'
            and leavers.cells_counted = leavers.ethnic_values
    inner join limits
        on limits.rule_code = 'staff_does_not_reconcile'
    where
        staff.measure = 'staff'
        and staff.breakdown = 'all'
        and staff.is_complete
        and staff.previous_is_complete
        and staff.previous_year = staff.collection_year - 1
        and staff.previous_people >= limits.least_size

),

windows as (

    select
        submission_id,
        collection_year,
        previous_year,
        window_start,
        previous_snapshot_date
    from pairs
    where window_start is not null and previous_snapshot_date is not null

),

windows_overlap as (

    select
        windows.submission_id,
        'windows_overlap' as rule_code,
        'Cover' as sheet,
        coalesce(cover_cells.cell, '') as cell,
        'cover | window_start' as subject,
        cast(windows.window_start as {{ varchar() }})
        || ' after ' || cast(windows.previous_snapshot_date as {{ varchar() }}) as value_text,
        {{ dbt.dateadd('day', 'cast(limits.limit_value as integer)', 'windows.window_start') }}
        < windows.previous_snapshot_date as is_broken,
        cast(windows.window_start as {{ varchar() }}) as part_1,
        cast(windows.previous_snapshot_date as {{ varchar() }}) as part_2,
        cast(windows.previous_year as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from windows
    inner join limits
        on limits.rule_code = 'windows_overlap'
    left join cover_cells
        on
            windows.submission_id = cover_cells.submission_id
            and cover_cells.field = 'window_start'

),

windows_leave_a_gap as (

    select
        windows.submission_id,
        'windows_leave_a_gap' as rule_code,
        'Cover' as sheet,
        coalesce(cover_cells.cell, '') as cell,
        'cover | window_start' as subject,
        cast(windows.window_start as {{ varchar() }})
        || ' after ' || cast(windows.previous_snapshot_date as {{ varchar() }}) as value_text,
        {{ dbt.dateadd('day', 'cast(limits.limit_value as integer)', 'windows.previous_snapshot_date') }}
        < windows.window_start as is_broken,
        cast(windows.window_start as {{ varchar() }}) as part_1,
        cast(windows.previous_snapshot_date as {{ varchar() }}) as part_2,
        cast(windows.previous_year as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from windows
    inner join limits
        on limits.rule_code = 'windows_leave_a_gap'
    left join cover_cells
        on
            windows.submission_id = cover_cells.submission_id
            and cover_cells.field = 'window_start'
    where windows.previous_year = windows.collection_year - 1

),

less_detail_than_last_year as (

    select
        pairs.submission_id,
        'less_detail_than_last_year' as rule_code,
        'Cover' as sheet,
        coalesce(cover_cells.cell, '') as cell,
        'cover | ethnic_detail' as subject,
        pairs.scheme_name || ' after ' || pairs.previous_scheme_name as value_text,
        pairs.scheme_groups < pairs.previous_scheme_groups as is_broken,
        pairs.scheme_name as part_1,
        pairs.previous_scheme_name as part_2,
        cast(pairs.previous_year as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from pairs
    left join cover_cells
        on
            pairs.submission_id = cover_cells.submission_id
            and cover_cells.field = 'ethnic_detail'

),

final as (

    {{ checks_made([
        "unusual_change", "copied_from_last_year", "group_emptied", "not_given_again", "groups_swapped",
        "unknown_share_rose", "staff_does_not_reconcile", "windows_overlap", "windows_leave_a_gap",
        "less_detail_than_last_year",
    ]) }}

)

{{ kept_by_year('final') }}
