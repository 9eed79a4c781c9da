-- Which counts of a return differ from the version before it, and from the last earlier round that it was given for.
with

versions as (

    select
        submission_id,
        collection_year,
        organisation_code,
        service,
        ethnic_scheme,
        version_rank
    from {{ ref('submission_version') }}
    where collection = 'sc-wres' and dataset = 'sc_wres_return'

),

version_pairs as (

    select
        later.submission_id,
        'last submission' as compared_with,
        earlier.submission_id as compared_submission_id,
        later.collection_year,
        earlier.collection_year as compared_year,
        later.ethnic_scheme = earlier.ethnic_scheme as is_same_scheme
    from versions as later
    inner join versions as earlier
        on
            later.collection_year = earlier.collection_year
            and later.organisation_code = earlier.organisation_code
            and later.service = earlier.service
            and later.version_rank + 1 = earlier.version_rank

),

earlier_years as (

    select
        later.submission_id,
        max(earlier.collection_year) as compared_year
    from versions as later
    inner join versions as earlier
        on
            later.organisation_code = earlier.organisation_code
            and later.service = earlier.service
    where earlier.version_rank = 1 and earlier.collection_year < later.collection_year
    group by later.submission_id

),

year_pairs as (

    select
        later.submission_id,
        'last year' as compared_with,
        earlier.submission_id as compared_submission_id,
        later.collection_year,
        earlier.collection_year as compared_year,
        later.ethnic_scheme = earlier.ethnic_scheme as is_same_scheme
    from earlier_years
    inner join versions as later
        on earlier_years.submission_id = later.submission_id
    inner join versions as earlier
        on
            later.organisation_code = earlier.organisation_code
            and later.service = earlier.service
            and earlier_years.compared_year = earlier.collection_year
    where earlier.version_rank = 1

),

pairs as (

    select * from version_pairs
    union all
    select * from year_pairs

),

form_columns as (

    select
        form_column.sheet,
        form_column.measure,
        form_column.breakdown,
        form_column.column_label,
        form_column.position as column_order,
        form_sheet.position as sheet_order,
        form_column.first_year,
        coalesce(form_column.last_year, 9999) as last_year
    from {{ ref('form_column') }} as form_column
    inner join {{ ref('form_sheet') }} as form_sheet
        on form_column.sheet = form_sheet.sheet

),

-- Columns that both forms ask for; one that only the later form has cannot be compared.
asked as (

    select
        pairs.submission_id,
        pairs.compared_with,
        pairs.compared_submission_id,
        pairs.compared_year,
        pairs.is_same_scheme,
        later.sheet,
        later.measure,
        later.breakdown,
        later.column_label,
        later.column_order,
        later.sheet_order
    from pairs
    inner join form_columns as later
        on pairs.collection_year between later.first_year and later.last_year
    inner join form_columns as earlier
        on
            pairs.compared_year between earlier.first_year and earlier.last_year
            and later.measure = earlier.measure
            and later.breakdown = earlier.breakdown
    where {{ is_year_to_build('pairs.collection_year') }}

),

counts as (

    select
        submission_id,
        measure,
        breakdown,
        ethnic_value,
        value,
        value_note
    from {{ ref('stg_landed__observations') }}
    where ethnic_value != 'Total'

),

-- Where the two have different ethnic groups only the sums of all can be compared.
sides as (

    select
        asked.submission_id,
        asked.compared_with,
        asked.measure,
        asked.breakdown,
        case when asked.is_same_scheme then counts.ethnic_value else 'All groups together' end as ethnic_value,
        {{ double('null') }} as value_before,
        cast(null as {{ varchar() }}) as note_before,
        counts.value as value_now,
        counts.value_note as note_now
    from asked
    inner join counts
        on
            asked.submission_id = counts.submission_id
            and asked.measure = counts.measure
            and asked.breakdown = counts.breakdown

    union all

    select
        asked.submission_id,
        asked.compared_with,
        asked.measure,
        asked.breakdown,
        case when asked.is_same_scheme then counts.ethnic_value else 'All groups together' end as ethnic_value,
        counts.value as value_before,
        counts.value_note as note_before,
        {{ double('null') }} as value_now,
        cast(null as {{ varchar() }}) as note_now
    from asked
    inner join counts
        on
            asked.compared_submission_id = counts.submission_id
            and asked.measure = counts.measure
            and asked.breakdown = counts.breakdown

),

compared as (

    select
        submission_id,
        compared_with,
        measure,
        breakdown,
        ethnic_value,
        sum(value_before) as value_before,
        max(note_before) as note_before,
        sum(value_now) as value_now,
        max(note_now) as note_now,
        count(*) over (
            partition by
                submission_id,
                compared_with
        ) as values_compared
    from sides
    group by
        submission_id,
        compared_with,
        measure,
        breakdown,
        ethnic_value

),

group_orders as (

    select
        scheme,
        value as ethnic_value,
        sort_order
    from {{ ref('ethnic_group_mapping') }}

),

final as (

    select
        asked.submission_id,
        versions.collection_year,
        asked.compared_with,
        asked.compared_submission_id,
        asked.compared_year,
        asked.sheet,
        asked.column_label,
        compared.ethnic_value,
        cast(compared.value_before as bigint) as value_before,
        compared.note_before,
        cast(compared.value_now as bigint) as value_now,
        compared.note_now,
        cast(compared.value_now - compared.value_before as bigint) as difference,
        case
            when compared.value_before > 0
                then 100.0 * (compared.value_now - compared.value_before) / compared.value_before
        end as percent_change,
        compared.values_compared,
        asked.sheet_order,
        asked.column_order,
        coalesce(group_orders.sort_order, 0) as sort_order
    from compared
    inner join asked
        on
            compared.submission_id = asked.submission_id
            and compared.compared_with = asked.compared_with
            and compared.measure = asked.measure
            and compared.breakdown = asked.breakdown
    inner join versions
        on compared.submission_id = versions.submission_id
    left join group_orders
        on
            versions.ethnic_scheme = group_orders.scheme
            and compared.ethnic_value = group_orders.ethnic_value
    where
        coalesce(compared.value_now, -1) != coalesce(compared.value_before, -1)
        or coalesce(compared.note_now, '') != coalesce(compared.note_before, '')

)

{{ kept_by_year('final') }}
