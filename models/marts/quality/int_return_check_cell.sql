-- Counts of one ethnic group held against one another: what is part of something against the whole, the pay bands
-- against the staff, and two columns that look swapped.
with

returns as (

    select
        submission_id,
        collection_year
    from {{ ref('int_return') }}

),

counts as (

    select * from {{ ref('int_return_count') }}
    where {{ is_year_to_build() }}

),

-- The pay bands that the form of the year asks for: a blank has no row among the counts.
form_bands as (

    select
        submission_id,
        count(*) as bands
    from {{ ref('int_return_column') }}
    where measure = 'staff' and breakdown != 'all' and {{ is_year_to_build() }}
    group by submission_id

),

comparisons as (

    select
        rule_code,
        part_measure,
        whole_measure,
        with_measure
    from {{ ref('rule_comparison') }}

),

parts as (

    select
        counts.*,
        comparisons.rule_code,
        comparisons.whole_measure,
        comparisons.with_measure
    from counts
    inner join comparisons
        on counts.measure = comparisons.part_measure
    where counts.people is not null and counts.breakdown = 'all'

),

-- Only what something is held against: engines look a part up among few counts.
{% for table, measure in (("wholes", "whole_measure"), ("additions", "with_measure")) -%}
{{ measure }}s as (

    select distinct {{ measure }} as measure
    from comparisons

),

{{ table }} as (

    select counts.*
    from counts
    inner join {{ measure }}s
        on counts.measure = {{ measure }}s.measure
    where counts.people is not null and counts.breakdown = 'all'

),

{% endfor -%}
compared as (

    select
        parts.rule_code,
        parts.submission_id,
        parts.sheet,
        parts.cell,
        parts.measure,
        wholes.measure as whole_measure,
        wholes.sheet as whole_sheet,
        parts.subject,
        parts.measure_name,
        parts.ethnic_value,
        parts.people,
        wholes.measure_name as whole_name,
        wholes.people + coalesce(additions.people, 0) as whole_people
    from parts
    inner join wholes
        on
            parts.submission_id = wholes.submission_id
            and parts.whole_measure = wholes.measure
            and parts.ethnic_value = wholes.ethnic_value
    left join additions
        on
            parts.submission_id = additions.submission_id
            and parts.with_measure = additions.measure
            and parts.ethnic_value = additions.ethnic_value
    where parts.with_measure is null or additions.people is not null

),

part_above_whole as (

    select
        submission_id,
        rule_code,
        sheet,
        cell,
        subject,
        cast(people as {{ varchar() }}) || ' of ' || cast(whole_people as {{ varchar() }}) as value_text,
        people > whole_people as is_broken,
        measure_name as part_1,
        cast(people as {{ varchar() }}) as part_2,
        ethnic_value as part_3,
        cast(whole_people as {{ varchar() }}) as part_4,
        whole_name as part_5
    from compared

),

swapped as (

    select
        submission_id,
        'columns_swapped' as rule_code,
        sheet,
        '' as cell,
        measure || ' | ' || whole_measure as subject,
        cast(sum(people) as {{ varchar() }}) || ' of ' || cast(sum(whole_people) as {{ varchar() }}) as value_text,
        min(people - whole_people) >= 0 and sum(people) > sum(whole_people) as is_broken,
        max(measure_name) as part_1,
        max(whole_name) as part_2,
        cast(sum(people) as {{ varchar() }}) as part_3,
        cast(sum(whole_people) as {{ varchar() }}) as part_4,
        '' as part_5
    from compared
    where sheet = whole_sheet and people + whole_people > 0
    group by
        submission_id,
        sheet,
        measure,
        whole_measure
    having count(*) >= {{ var('swapped_rows') }}

),

band_sums as (

    select
        submission_id,
        ethnic_value,
        sum(case when breakdown != 'all' then people end) as bands,
        max(case when breakdown = 'all' then people end) as staff,
        max(case when breakdown = 'all' then cell end) as cell,
        max(case when breakdown = 'all' then subject end) as subject,
        max(sheet) as sheet,
        -- A band that the organisation does not have takes nothing from the sum; any other gap leaves it open.
        count(case when breakdown != 'all' and (people is not null or value_note = 'not_applicable') then 1 end)
            as bands_answered
    from counts
    where measure = 'staff'
    group by
        submission_id,
        ethnic_value

),

bands_do_not_add_up as (

    select
        band_sums.submission_id,
        'bands_do_not_add_up' as rule_code,
        band_sums.sheet,
        band_sums.cell,
        band_sums.subject,
        cast(band_sums.bands as {{ varchar() }}) || ' of ' || cast(band_sums.staff as {{ varchar() }}) as value_text,
        band_sums.bands != band_sums.staff as is_broken,
        cast(band_sums.bands as {{ varchar() }}) as part_1,
        band_sums.ethnic_value as part_2,
        cast(band_sums.staff as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from band_sums
    inner join form_bands
        on
            band_sums.submission_id = form_bands.submission_id
            and band_sums.bands_answered = form_bands.bands
    where band_sums.bands is not null and band_sums.staff is not null

),

final as (

    {{ checks_made(["part_above_whole", "swapped", "bands_do_not_add_up"]) }}

)

{{ kept_by_year('final') }}
