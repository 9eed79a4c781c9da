-- One column, one sheet or all tables of a return, looked at by themselves.
with

returns as (

    select
        submission_id,
        collection_year
    from {{ ref('int_return') }}

),

table_columns as (

    select * from {{ ref('int_return_column') }}
    where {{ is_year_to_build() }}

),

limits as (

    select
        rule_code,
        least_size,
        limit_value,
        other_limit
    from {{ ref('rule_limit') }}

),

base_measures as (

    select distinct denominator_measure as measure
    from {{ ref('indicator_register') }}

),

bases as (

    select table_columns.*
    from table_columns
    inner join base_measures
        on table_columns.measure = base_measures.measure
    where table_columns.breakdown = 'all'

),

-- A column that the reader did not find is told of already.
not_found as (

    select distinct
        submission_id,
        sheet
    from {{ ref('stg_landed__issues') }}
    where rule_code = 'columns_not_found'

),

total_differs as (

    select
        submission_id,
        'total_differs' as rule_code,
        sheet,
        total_cell as cell,
        subject || ' | Total' as subject,
        cast(total_given as {{ varchar() }}) || ' of ' || cast(people as {{ varchar() }}) as value_text,
        total_given != people as is_broken,
        column_name as part_1,
        cast(total_given as {{ varchar() }}) as part_2,
        cast(people as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from table_columns
    -- A total that counts a figure that was set aside differs because of it, and that is told of.
    where total_given is not null and people is not null and cells_invalid = 0

),

cells_left_blank as (

    select
        submission_id,
        'cells_left_blank' as rule_code,
        sheet,
        '' as cell,
        subject,
        cast(cells as {{ varchar() }}) || ' of ' || cast(ethnic_values as {{ varchar() }}) as value_text,
        cells < ethnic_values as is_broken,
        cast(ethnic_values - cells as {{ varchar() }}) as part_1,
        cast(ethnic_values as {{ varchar() }}) as part_2,
        column_name as part_3,
        '' as part_4,
        '' as part_5
    from table_columns
    where cells > 0

),

filled as (

    select
        submission_id,
        sum(cells) as cells,
        sum(cells_counted) as cells_counted
    from table_columns
    group by submission_id

),

column_left_blank as (

    select
        table_columns.submission_id,
        'column_left_blank' as rule_code,
        table_columns.sheet,
        '' as cell,
        table_columns.subject,
        '' as value_text,
        table_columns.cells = 0 as is_broken,
        table_columns.column_name as part_1,
        '' as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from table_columns
    inner join filled
        on table_columns.submission_id = filled.submission_id
    left join not_found
        on
            table_columns.submission_id = not_found.submission_id
            and table_columns.sheet = not_found.sheet
    where filled.cells > 0 and not_found.submission_id is null

),

no_figures as (

    select
        submission_id,
        'no_figures' as rule_code,
        '' as sheet,
        '' as cell,
        'return' as subject,
        '' as value_text,
        cells_counted = 0 as is_broken,
        '' as part_1,
        '' as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from filled

),

words_and_numbers as (

    select
        submission_id,
        'words_and_numbers' as rule_code,
        sheet,
        '' as cell,
        subject,
        cast(cells_not_collected as {{ varchar() }}) || ' of ' || cast(cells as {{ varchar() }}) as value_text,
        cells_not_collected > 0 and cells_counted > 0 as is_broken,
        column_name as part_1,
        cast(cells_not_collected as {{ varchar() }}) as part_2,
        cast(cells_counted as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from table_columns
    where cells > 1

),

same_figure_in_every_row as (

    select
        table_columns.submission_id,
        'same_figure_in_every_row' as rule_code,
        table_columns.sheet,
        '' as cell,
        table_columns.subject,
        cast(table_columns.largest as {{ varchar() }}) as value_text,
        table_columns.smallest = table_columns.largest as is_broken,
        table_columns.column_name as part_1,
        cast(table_columns.largest as {{ varchar() }}) as part_2,
        cast(table_columns.cells_counted as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from table_columns
    inner join limits
        on limits.rule_code = 'same_figure_in_every_row'
    where table_columns.cells_counted >= limits.least_size and table_columns.largest > limits.limit_value

),

sheets as (

    select
        submission_id,
        sheet,
        sum(positive) as positive,
        sum(multiples_of_5) as multiples_of_5
    from table_columns
    group by
        submission_id,
        sheet

),

figures_rounded as (

    select
        sheets.submission_id,
        'figures_rounded' as rule_code,
        sheets.sheet,
        '' as cell,
        sheets.sheet as subject,
        cast(sheets.multiples_of_5 as {{ varchar() }}) as value_text,
        sheets.multiples_of_5 = sheets.positive as is_broken,
        cast(sheets.positive as {{ varchar() }}) as part_1,
        sheets.sheet as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from sheets
    inner join limits
        on limits.rule_code = 'figures_rounded'
    where sheets.positive >= limits.least_size

),

sizes as (

    select
        submission_id,
        sum(from_1_to_4) as from_1_to_4,
        sum(from_5_to_9) as from_5_to_9
    from table_columns
    group by submission_id

),

small_counts_missing as (

    select
        sizes.submission_id,
        'small_counts_missing' as rule_code,
        '' as sheet,
        '' as cell,
        'return' as subject,
        cast(sizes.from_5_to_9 as {{ varchar() }}) as value_text,
        sizes.from_1_to_4 = 0 as is_broken,
        cast(sizes.from_5_to_9 as {{ varchar() }}) as part_1,
        '' as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from sizes
    inner join limits
        on limits.rule_code = 'small_counts_missing'
    where sizes.from_5_to_9 >= limits.least_size

),

nobody_in_base as (

    select
        submission_id,
        case when measure = 'staff' then 'no_staff' else 'nobody_in_base' end as rule_code,
        sheet,
        '' as cell,
        subject,
        cast(people as {{ varchar() }}) as value_text,
        people = 0 as is_broken,
        column_name as part_1,
        '' as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from bases
    where cells_counted = ethnic_values

),

everybody_not_known as (

    select
        bases.submission_id,
        'everybody_not_known' as rule_code,
        bases.sheet,
        '' as cell,
        bases.subject,
        cast(bases.not_known as {{ varchar() }}) as value_text,
        bases.known = 0 as is_broken,
        bases.column_name as part_1,
        cast(bases.not_known as {{ varchar() }}) as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from bases
    inner join limits
        on limits.rule_code = 'everybody_not_known'
    where bases.known is not null and bases.not_known >= limits.least_size

),

low_declaration as (

    select
        bases.submission_id,
        'low_declaration' as rule_code,
        bases.sheet,
        '' as cell,
        bases.subject,
        cast(bases.not_known as {{ varchar() }}) || ' of ' || cast(bases.people as {{ varchar() }}) as value_text,
        bases.known < bases.people * {{ double(var('declaration_minimum')) }} as is_broken,
        bases.column_name as part_1,
        cast(bases.not_known as {{ varchar() }}) as part_2,
        cast(bases.people as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from bases
    inner join limits
        on limits.rule_code = 'low_declaration'
    where bases.known > 0 and bases.not_known is not null and bases.people >= limits.least_size

),

nobody_not_known as (

    select
        bases.submission_id,
        'nobody_not_known' as rule_code,
        bases.sheet,
        '' as cell,
        bases.subject,
        cast(bases.people as {{ varchar() }}) as value_text,
        bases.not_known = 0 as is_broken,
        bases.column_name as part_1,
        cast(bases.people as {{ varchar() }}) as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from bases
    inner join limits
        on limits.rule_code = 'nobody_not_known'
    where bases.not_known is not null and bases.people >= limits.least_size

),

one_group_holds_everybody as (

    select
        bases.submission_id,
        'one_group_holds_everybody' as rule_code,
        bases.sheet,
        '' as cell,
        bases.subject,
        cast(bases.known as {{ varchar() }}) as value_text,
        bases.groups_with_people = 1 as is_broken,
        bases.column_name as part_1,
        cast(bases.known as {{ varchar() }}) as part_2,
        bases.one_group as part_3,
        '' as part_4,
        '' as part_5
    from bases
    inner join limits
        on limits.rule_code = 'one_group_holds_everybody'
    where bases.groups_counted > 1 and bases.known >= limits.least_size

),

-- A scheme in detail of which one row is used in each major group holds no more than the major groups.
detail_not_used as (

    select
        bases.submission_id,
        'detail_not_used' as rule_code,
        bases.sheet,
        '' as cell,
        bases.subject,
        cast(bases.minority_groups_with_people as {{ varchar() }}) as value_text,
        bases.minority_groups_with_people = bases.minority_majors as is_broken,
        bases.column_name as part_1,
        cast(bases.minority_ethnic as {{ varchar() }}) as part_2,
        cast(bases.minority_groups_with_people as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from bases
    inner join limits
        on limits.rule_code = 'detail_not_used'
    where
        bases.ethnic_values > limits.limit_value
        and bases.minority_majors > 1
        and bases.minority_ethnic >= limits.least_size

),

-- Percentages add up to 100 with or without Not known, and a sheet that is filled in with them has them in each column.
may_be_percentages as (

    select
        table_columns.*,
        limits.other_limit,
        case
            when abs(table_columns.known - 100) <= limits.limit_value then table_columns.known
            else table_columns.people
        end as adds_up_to,
        abs(table_columns.known - 100) <= limits.limit_value
        or abs(table_columns.people - 100) <= limits.limit_value as is_about_100
    from table_columns
    inner join limits
        on limits.rule_code = 'columns_add_up_to_100'
    where
        table_columns.breakdown = 'all'
        and table_columns.known is not null
        and table_columns.groups_with_people >= limits.least_size

),

sheets_of_100 as (

    select
        submission_id,
        sheet,
        count(*) as filled_columns,
        count(case when is_about_100 then 1 end) as columns_of_100
    from may_be_percentages
    group by
        submission_id,
        sheet

),

columns_add_up_to_100 as (

    select
        columns_in_doubt.submission_id,
        'columns_add_up_to_100' as rule_code,
        columns_in_doubt.sheet,
        '' as cell,
        columns_in_doubt.subject,
        cast(columns_in_doubt.adds_up_to as {{ varchar() }}) as value_text,
        columns_in_doubt.is_about_100
        and sheets_of_100.columns_of_100 >= columns_in_doubt.other_limit as is_broken,
        columns_in_doubt.column_name as part_1,
        cast(columns_in_doubt.adds_up_to as {{ varchar() }}) as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from may_be_percentages as columns_in_doubt
    inner join sheets_of_100
        on
            columns_in_doubt.submission_id = sheets_of_100.submission_id
            and columns_in_doubt.sheet = sheets_of_100.sheet
    where sheets_of_100.filled_columns >= columns_in_doubt.other_limit

),

final as (

    {{ checks_made([
        "total_differs", "cells_left_blank", "column_left_blank", "no_figures", "words_and_numbers",
        "same_figure_in_every_row", "figures_rounded", "small_counts_missing", "nobody_in_base", "everybody_not_known",
        "low_declaration", "nobody_not_known", "one_group_holds_everybody", "detail_not_used",
        "columns_add_up_to_100",
    ]) }}

)

{{ kept_by_year('final') }}
