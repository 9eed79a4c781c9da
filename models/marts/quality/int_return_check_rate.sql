-- Columns of one return held against one another: rates outside of what is plausible, events without their base and
-- the reverse, and shares of not known that do not go together.
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

complete as (

    select * from table_columns
    where cells_counted = ethnic_values

),

rates as (

    select
        rule_code,
        service,
        part_measure,
        part_breakdown,
        base_measure,
        base_breakdown,
        least_base,
        more_than,
        at_most
    from {{ ref('rule_rate') }}

),

limits as (

    select
        rule_code,
        least_size,
        limit_value
    from {{ ref('rule_limit') }}

),

implausible_rates as (

    select
        parts.submission_id,
        rates.rule_code,
        parts.sheet,
        '' as cell,
        parts.subject,
        cast(parts.people as {{ varchar() }}) || ' of ' || cast(bases.people as {{ varchar() }}) as value_text,
        coalesce(parts.people <= bases.people * rates.more_than, false)
        or coalesce(parts.people > bases.people * rates.at_most, false) as is_broken,
        parts.column_name as part_1,
        cast(parts.people as {{ varchar() }}) as part_2,
        cast(bases.people as {{ varchar() }}) as part_3,
        bases.column_name as part_4,
        {{ percent(double('parts.people') ~ " / bases.people") }} || '%' as part_5
    from complete as parts
    inner join rates
        on
            parts.measure = rates.part_measure
            and parts.breakdown = rates.part_breakdown
    inner join complete as bases
        on
            parts.submission_id = bases.submission_id
            and rates.base_measure = bases.measure
            and rates.base_breakdown = bases.breakdown
    where
        bases.people >= rates.least_base
        and bases.people > 0
        and coalesce(rates.service, parts.service) = parts.service

),

-- A column that the reader did not find is told of already.
not_found as (

    select distinct
        submission_id,
        sheet
    from {{ ref('stg_landed__issues') }}
    where rule_code = 'columns_not_found'

),

events_without_base as (

    select
        parts.submission_id,
        'events_without_base' as rule_code,
        parts.sheet,
        '' as cell,
        parts.subject,
        cast(parts.people as {{ varchar() }}) as value_text,
        bases.cells_counted = 0 as is_broken,
        parts.column_name as part_1,
        cast(parts.people as {{ varchar() }}) as part_2,
        bases.column_name as part_3,
        '' as part_4,
        '' as part_5
    from table_columns as parts
    inner join table_columns as bases
        on
            parts.submission_id = bases.submission_id
            and parts.within_measure = bases.measure
            and bases.breakdown = 'all'
    left join not_found
        on
            bases.submission_id = not_found.submission_id
            and bases.sheet = not_found.sheet
    where parts.cells_counted > 0 and not_found.submission_id is null

),

-- Staff is the base of several sheets; one of them may well be missing.
base_without_events as (

    select
        bases.submission_id,
        'base_without_events' as rule_code,
        bases.sheet,
        '' as cell,
        bases.subject,
        cast(max(bases.people) as {{ varchar() }}) as value_text,
        -- What is withheld, or cannot exist there, is accounted for.
        max(parts.cells - parts.cells_not_collected) = 0 as is_broken,
        bases.column_name as part_1,
        cast(max(bases.people) as {{ varchar() }}) as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from table_columns as bases
    inner join table_columns as parts
        on
            bases.submission_id = parts.submission_id
            and bases.sheet = parts.sheet
            and bases.measure = parts.within_measure
    left join not_found
        on
            bases.submission_id = not_found.submission_id
            and bases.sheet = not_found.sheet
    where bases.breakdown = 'all' and bases.people > 0 and not_found.submission_id is null
    group by
        bases.submission_id,
        bases.sheet,
        bases.subject,
        bases.column_name

),

unknown_shares as (

    select
        submission_id,
        sheet,
        measure,
        subject,
        column_name,
        people,
        {{ double('not_known') }} / people as unknown_share
    from complete
    where breakdown = 'all' and people > 0

),

unknown_share_differs as (

    select
        parts.submission_id,
        'unknown_share_differs' as rule_code,
        parts.sheet,
        '' as cell,
        parts.subject,
        {{ percent('parts.unknown_share') }}
        || ' against ' || {{ percent('of_staff.unknown_share') }} as value_text,
        abs(parts.unknown_share - of_staff.unknown_share) > limits.limit_value as is_broken,
        parts.column_name as part_1,
        {{ percent('parts.unknown_share') }} || '%' as part_2,
        {{ percent('of_staff.unknown_share') }} || '%' as part_3,
        of_staff.column_name as part_4,
        '' as part_5
    from unknown_shares as parts
    inner join unknown_shares as of_staff
        on
            parts.submission_id = of_staff.submission_id
            and of_staff.measure = 'staff'
    inner join limits
        on limits.rule_code = 'unknown_share_differs'
    where
        parts.measure != 'staff'
        and parts.people >= limits.least_size
        and of_staff.people >= limits.least_size

),

band_ends as (

    select
        max(case when sort_order = 1 then pay_band end) as lowest_band,
        max(case when is_headline then pay_band end) as highest_band
    from {{ ref('pay_band_register') }}
    where scheme = 'national'

),

-- Exchanged columns still add up; the services have more people in the lowest band than in the highest.
top_band_larger_than_bottom as (

    select
        highest.submission_id,
        'top_band_larger_than_bottom' as rule_code,
        highest.sheet,
        '' as cell,
        highest.subject,
        cast(highest.people as {{ varchar() }}) || ' against ' || cast(lowest.people as {{ varchar() }}) as value_text,
        highest.people > lowest.people as is_broken,
        cast(highest.people as {{ varchar() }}) as part_1,
        cast(lowest.people as {{ varchar() }}) as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from complete as highest
    inner join band_ends
        on highest.breakdown = band_ends.highest_band
    inner join complete as lowest
        on
            highest.submission_id = lowest.submission_id
            and highest.measure = lowest.measure
            and band_ends.lowest_band = lowest.breakdown
    inner join limits
        on limits.rule_code = 'top_band_larger_than_bottom'
    where highest.measure = 'staff' and highest.people + lowest.people >= limits.least_size

),

final as (

    {{ checks_made([
        "implausible_rates", "events_without_base", "base_without_events", "unknown_share_differs",
        "top_band_larger_than_bottom",
    ]) }}

)

{{ kept_by_year('final') }}
