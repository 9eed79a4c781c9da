-- What a release said and a later one did not: one row per figure and change.
{{ config(materialized='table', tags=['release']) }}

with

history as (

    select
        {{ indicator_key('said') }} as figure,
        said.*
    from {{ ref('indicator_history') }} as said

),

withdrawals as (

    select * from {{ ref('fct_withdrawal') }}

),

starts as (

    select
        figure,
        dbt_valid_from as changed_at,
        row_number() over (partition by figure order by dbt_valid_from) as start_number
    from history

),

ends as (

    select
        figure,
        dbt_valid_to as changed_at
    from history
    where dbt_valid_to is not null

),

-- Where one value ends as the next starts, the two are one change. The first start of a figure is none: nothing was
-- said before.
changes as (

    select
        figure,
        changed_at
    from ends
    union distinct
    select
        figure,
        changed_at
    from starts
    where start_number > 1

),

told as (

    select
        coalesce(said.collection, replacement.collection) as collection,
        coalesce(said.collection_year, replacement.collection_year) as collection_year,
        coalesce(said.area_level, replacement.area_level) as area_level,
        coalesce(said.area_code, replacement.area_code) as area_code,
        coalesce(said.service, replacement.service) as service,
        coalesce(said.definition, replacement.definition) as definition,
        coalesce(said.indicator_code, replacement.indicator_code) as indicator_code,
        coalesce(said.breakdown, replacement.breakdown) as breakdown,
        coalesce(said.comparison_group, replacement.comparison_group) as comparison_group,
        coalesce(said.reference_group, replacement.reference_group) as reference_group,
        case
            when said.figure is null then 'restored'
            when replacement.figure is null then 'withdrawn'
            else 'revised'
        end as what_happened,
        {{ release_id('said.dbt_valid_from') }} as said_in_release,
        {{ release_id('changes.changed_at') }} as replaced_in_release,
        said.numerator as numerator_before,
        replacement.numerator as numerator_after,
        said.denominator as denominator_before,
        replacement.denominator as denominator_after,
        said.reference_numerator as reference_numerator_before,
        replacement.reference_numerator as reference_numerator_after,
        said.reference_denominator as reference_denominator_before,
        replacement.reference_denominator as reference_denominator_after,
        said.relative_likelihood as relative_likelihood_before,
        replacement.relative_likelihood as relative_likelihood_after,
        said.lower_95 as lower_95_before,
        replacement.lower_95 as lower_95_after,
        said.upper_95 as upper_95_before,
        replacement.upper_95 as upper_95_after,
        said.p_value as p_value_before,
        replacement.p_value as p_value_after,
        said.test as test_before,
        replacement.test as test_after,
        said.size as size_before,
        replacement.size as size_after,
        said.evidence as evidence_before,
        replacement.evidence as evidence_after,
        said.unknown_share as unknown_share_before,
        replacement.unknown_share as unknown_share_after,
        said.value_note as value_note_before,
        replacement.value_note as value_note_after
    from changes
    left join history as said
        on
            changes.figure = said.figure
            and changes.changed_at = said.dbt_valid_to
    left join history as replacement
        on
            changes.figure = replacement.figure
            and changes.changed_at = replacement.dbt_valid_from

),

-- What an organisation has withdrawn is not told again as what was said before.
final as (

    select told.*
    from told
    left join withdrawals
        on
            told.collection = withdrawals.collection
            and told.collection_year = withdrawals.collection_year
            and told.area_code = withdrawals.organisation_code
            and told.service = withdrawals.service
    where withdrawals.organisation_code is null

)

select * from final
