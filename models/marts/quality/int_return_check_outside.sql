-- A return against what others publish: the census of children's social workers, and residents.
with

returns as (

    select
        submission_id,
        collection_year,
        organisation_code,
        service
    from {{ ref('int_return') }}

),

limits as (

    select
        rule_code,
        least_size,
        limit_value,
        other_limit
    from {{ ref('rule_limit') }}

),

table_columns as (

    select * from {{ ref('int_return_column') }}
    where breakdown = 'all' and cells_counted = ethnic_values and {{ is_year_to_build() }}

),

census_groups as (

    select
        collection_year,
        area_code,
        comparison_group,
        people
    from {{ ref('group_headcount') }}
    where
        collection = 'csww'
        and measure = 'headcount'
        and breakdown = 'Total'
        and area_level = 'organisation'
        and comparison_group in ('total', 'minority_ethnic', 'white')

),

census as (

    select
        collection_year,
        area_code,
        max(case when comparison_group = 'total' then people end) as social_workers,
        max(case when comparison_group = 'minority_ethnic' then people end) as minority_ethnic,
        max(case when comparison_group = 'white' then people end) as white
    from census_groups
    group by
        collection_year,
        area_code

),

-- The census of the return's year, or of the year before where that is the latest there is.
placed as (

    select
        returns.submission_id,
        census.collection_year as census_year,
        census.social_workers,
        census.minority_ethnic,
        census.white,
        row_number() over (partition by returns.submission_id order by census.collection_year desc) as recency
    from returns
    inner join census
        on
            returns.organisation_code = census.area_code
            and census.collection_year between returns.collection_year - 1 and returns.collection_year
    where returns.service = 'children'

),

in_census as (

    select * from placed
    where recency = 1

),

residents as (

    select
        area_code,
        max(collection_year) as census_year,
        max(case when comparison_group = 'white' then residents end) as white,
        max(case when comparison_group = 'minority_ethnic' then residents end) as minority_ethnic
    from {{ ref('resident_population') }}
    where area_level = 'organisation' and comparison_group in ('white', 'minority_ethnic')
    group by area_code

),

registered_far_from_census as (

    select
        table_columns.submission_id,
        'registered_far_from_census' as rule_code,
        table_columns.sheet,
        '' as cell,
        table_columns.subject,
        cast(table_columns.people as {{ varchar() }}) as value_text,
        table_columns.people < in_census.social_workers * limits.limit_value
        or table_columns.people > in_census.social_workers * limits.other_limit as is_broken,
        cast(table_columns.people as {{ varchar() }}) as part_1,
        cast(in_census.social_workers as {{ varchar() }}) as part_2,
        cast(in_census.census_year as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from table_columns
    inner join in_census
        on table_columns.submission_id = in_census.submission_id
    inner join limits
        on limits.rule_code = 'registered_far_from_census'
    where table_columns.measure = 'regulated_professionals' and in_census.social_workers >= limits.least_size

),

census_above_staff as (

    select
        table_columns.submission_id,
        'census_above_staff' as rule_code,
        table_columns.sheet,
        '' as cell,
        table_columns.subject,
        cast(table_columns.people as {{ varchar() }}) as value_text,
        in_census.social_workers > table_columns.people * limits.limit_value as is_broken,
        cast(table_columns.people as {{ varchar() }}) as part_1,
        cast(in_census.social_workers as {{ varchar() }}) as part_2,
        cast(in_census.census_year as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from table_columns
    inner join in_census
        on table_columns.submission_id = in_census.submission_id
    inner join limits
        on limits.rule_code = 'census_above_staff'
    where table_columns.measure = 'staff' and in_census.social_workers >= limits.least_size

),

-- Shares of minority ethnic among those whose group is known.
shares as (

    select
        table_columns.submission_id,
        'share_far_from_census' as rule_code,
        table_columns.sheet,
        table_columns.subject,
        table_columns.column_name,
        table_columns.known,
        {{ double('table_columns.minority_ethnic') }} / table_columns.known as share_here,
        {{ double('in_census.minority_ethnic') }} / (in_census.minority_ethnic + in_census.white) as outside_share,
        in_census.census_year
    from table_columns
    inner join in_census
        on table_columns.submission_id = in_census.submission_id
    where
        table_columns.measure = 'regulated_professionals'
        and table_columns.known > 0
        and in_census.minority_ethnic + in_census.white > 0

    union all

    select
        table_columns.submission_id,
        'share_far_from_residents' as rule_code,
        table_columns.sheet,
        table_columns.subject,
        table_columns.column_name,
        table_columns.known,
        {{ double('table_columns.minority_ethnic') }} / table_columns.known as share_here,
        {{ double('residents.minority_ethnic') }} / (residents.minority_ethnic + residents.white) as outside_share,
        residents.census_year
    from table_columns
    inner join returns
        on table_columns.submission_id = returns.submission_id
    inner join residents
        on returns.organisation_code = residents.area_code
    where
        table_columns.measure = 'staff'
        and table_columns.known > 0
        and residents.minority_ethnic + residents.white > 0

),

shares_far_apart as (

    select
        shares.submission_id,
        shares.rule_code,
        shares.sheet,
        '' as cell,
        shares.subject,
        {{ percent('shares.share_here') }} || '%' as value_text,
        abs(shares.share_here - shares.outside_share) > limits.limit_value as is_broken,
        shares.column_name as part_1,
        {{ percent('shares.share_here') }} || '%' as part_2,
        {{ percent('shares.outside_share') }} || '%' as part_3,
        cast(shares.census_year as {{ varchar() }}) as part_4,
        '' as part_5
    from shares
    inner join limits
        on shares.rule_code = limits.rule_code
    where shares.known >= limits.least_size

),

staff_far_from_residents as (

    select
        table_columns.submission_id,
        'staff_far_from_residents' as rule_code,
        table_columns.sheet,
        '' as cell,
        table_columns.subject,
        cast(table_columns.people as {{ varchar() }}) as value_text,
        table_columns.people < (residents.white + residents.minority_ethnic) * limits.limit_value
        or table_columns.people > (residents.white + residents.minority_ethnic) * limits.other_limit as is_broken,
        cast(table_columns.people as {{ varchar() }}) as part_1,
        cast(residents.white + residents.minority_ethnic as {{ varchar() }}) as part_2,
        cast(residents.census_year as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from table_columns
    inner join returns
        on table_columns.submission_id = returns.submission_id
    inner join residents
        on returns.organisation_code = residents.area_code
    inner join limits
        on limits.rule_code = 'staff_far_from_residents'
    where
        table_columns.measure = 'staff'
        and residents.white + residents.minority_ethnic >= limits.least_size

),

final as (

    {{ checks_made([
        "registered_far_from_census", "census_above_staff", "shares_far_apart", "staff_far_from_residents",
    ]) }}

)

{{ kept_by_year('final') }}
