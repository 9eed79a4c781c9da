-- Two groups on each step of a ladder, of the same organisations throughout: a ladder counts only where it is whole.
{%- set figure = (
    "collection", "collection_year", "area_level", "area_code", "service", "ladder", "comparison_group",
) %}
with

headcounts as (

    select * from {{ ref('int_service_headcount') }}
    where {{ is_year_to_build() }}

),

ladders as (

    select
        ladder,
        collection,
        measure,
        indicator_code,
        adds_up
    from {{ ref('ladder') }}

),

steps as (

    select
        ladder,
        breakdown,
        step_order,
        third,
        count(*) over (partition by ladder) as ladder_steps
    from {{ ref('ladder_step') }}
    where step_order is not null

),

groups_compared as (

    select comparison_group
    from {{ ref('comparison_pair') }}
    where reference_group = 'white' and not is_detail

),

bands as (

    select
        pay_band,
        lower_limit
    from {{ ref('pay_band_register') }}

),

-- Every join is by equality alone, so that engines can hash it.
own_limits as (

    select
        'sc-wres' as collection,
        'organisation' as area_level,
        own_band_limit.*
    from {{ ref('own_band_limit') }} as own_band_limit

),

-- What is not fit is not measured for the organisation itself; a total is not judged by the returns of its parts.
not_fit as (

    select
        ladders.ladder,
        fitness.collection_year,
        'organisation' as area_level,
        fitness.area_code,
        fitness.service,
        fitness.fitness_reason
    from {{ ref('fct_fitness') }} as fitness
    inner join ladders
        on
            fitness.collection = ladders.collection
            and fitness.indicator_code = ladders.indicator_code
    where fitness.fitness = 'not fit'

),

totals as (

    select * from {{ ref('total_membership') }}

),

notes as (

    select
        value_note,
        precedence
    from {{ ref('value_note') }}

),

counted as (

    select
        headcounts.collection,
        headcounts.collection_year,
        headcounts.area_level,
        headcounts.area_code,
        headcounts.service,
        ladders.ladder,
        ladders.adds_up,
        steps.breakdown,
        steps.step_order,
        steps.third,
        steps.ladder_steps,
        headcounts.comparison_group,
        headcounts.value_note,
        -- Where nobody of any known group is on a step, 'not available' for a group is nobody. So is a band that
        -- cannot be.
        case
            when headcounts.people is null and headcounts.value_note = 'not_applicable' then 0
            when
                headcounts.people is null
                and max(case when headcounts.comparison_group = 'known' then headcounts.people end) over step = 0
                then 0
            else headcounts.people
        end as people
    from headcounts
    inner join ladders
        on
            headcounts.collection = ladders.collection
            and headcounts.measure = ladders.measure
    inner join steps
        on
            ladders.ladder = steps.ladder
            and headcounts.breakdown = steps.breakdown
    window step as (
        partition by
            headcounts.collection, headcounts.collection_year, headcounts.area_level, headcounts.area_code,
            headcounts.service, ladders.ladder, steps.breakdown
    )

),

side_by_side as (

    select
        *,
        max(case when comparison_group = 'white' then people end) over step as reference_people,
        max(case when comparison_group = 'white' then value_note end) over step as reference_note,
        max(case when comparison_group = 'white' then people end) over step
        + max(case when comparison_group = 'minority_ethnic' then people end) over step as base_people
    from counted
    window step as (
        partition by collection, collection_year, area_level, area_code, service, ladder, breakdown
    )

),

compared as (

    select
        side_by_side.*,
        least(compared_notes.precedence, reference_notes.precedence) as note_precedence,
        coalesce(
            side_by_side.value_note = 'not_applicable' and side_by_side.reference_note = 'not_applicable', false
        ) as is_absent
    from side_by_side
    inner join groups_compared
        on side_by_side.comparison_group = groups_compared.comparison_group
    left join notes as compared_notes
        on side_by_side.value_note = compared_notes.value_note
    left join notes as reference_notes
        on side_by_side.reference_note = reference_notes.value_note

),

judged as (

    select
        *,
        count(case when people is not null and reference_people is not null then 1 end) over figure
        = ladder_steps as is_whole,
        min(case when people is null or reference_people is null then note_precedence end) over figure
            as missing_precedence
    from compared
    window figure as (partition by {{ figure | join(', ') }})

),

summed as (

    select
        judged.collection,
        judged.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service as service,
        judged.ladder,
        judged.comparison_group,
        judged.breakdown,
        judged.step_order,
        judged.third,
        {%- for count in ("people", "reference_people", "base_people") %}
        cast(sum(case when judged.is_whole then judged.{{ count }} end) as bigint) as {{ count }},
        {%- endfor %}
        -- Everybody of known ethnicity is known only where each organisation told of them.
        count(case when judged.is_whole and judged.base_people is null then 1 end) as without_base,
        min(judged.missing_precedence) as missing_precedence,
        max(case when judged.is_whole then 1 else 0 end) = 1 as is_whole,
        count(distinct case when judged.is_whole then judged.area_code end) as organisations
    from judged
    inner join totals
        on
            judged.collection = totals.collection
            and judged.service = totals.service
            and judged.area_code = totals.organisation_code
    where judged.area_level = 'organisation' and judged.adds_up
    group by
        judged.collection,
        judged.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service,
        judged.ladder,
        judged.comparison_group,
        judged.breakdown,
        judged.step_order,
        judged.third

),

published as (

    select * from judged
    where area_level != 'organisation'

),

-- A publisher's own figure for a region or England goes before the sum of the organisations.
combined as (

    select
        {{ figure | join(',\n        ') }},
        breakdown,
        step_order,
        third,
        people,
        reference_people,
        base_people,
        missing_precedence,
        is_whole,
        case when is_whole then 1 else 0 end as organisations
    from judged
    -- Of its own bands an organisation has some; a national band in which nobody can be is a step with nobody.
    where area_level = 'organisation' and (adds_up or not is_absent)

    union all

    select
        {%- for column in figure + ("breakdown", "step_order", "third") %}
        coalesce(published.{{ column }}, summed.{{ column }}) as {{ column }},
        {%- endfor %}
        {%- for count in ("people", "reference_people") %}
        case
            when published.collection is not null then published.{{ count }} else summed.{{ count }}
        end as {{ count }},
        {%- endfor %}
        case
            when published.collection is not null then published.base_people
            when summed.without_base = 0 then summed.base_people
        end as base_people,
        case
            when published.collection is not null then published.missing_precedence
            else summed.missing_precedence
        end as missing_precedence,
        coalesce(published.is_whole, summed.is_whole) as is_whole,
        coalesce(summed.organisations, 0) as organisations
    from summed
    full outer join published
        on
            summed.collection = published.collection
            and summed.collection_year = published.collection_year
            and summed.area_level = published.area_level
            and summed.area_code = published.area_code
            and summed.service = published.service
            and summed.ladder = published.ladder
            and summed.comparison_group = published.comparison_group
            and summed.breakdown = published.breakdown

),

limited as (

    select
        combined.*,
        coalesce(own_limits.lower_limit, bands.lower_limit) as lower_limit
    from combined
    left join bands
        on combined.breakdown = bands.pay_band
    left join own_limits
        on
            combined.collection = own_limits.collection
            and combined.area_level = own_limits.area_level
            and combined.collection_year = own_limits.collection_year
            and combined.area_code = own_limits.organisation_code
            and combined.service = own_limits.service
            and combined.breakdown = own_limits.pay_band

),

final as (

    select
        {%- for column in figure %}
        limited.{{ column }},
        {%- endfor %}
        limited.breakdown,
        limited.step_order,
        limited.third,
        {%- for count in ("people", "reference_people", "base_people") %}
        case when limited.is_whole then limited.{{ count }} end as {{ count }},
        {%- endfor %}
        {%- for count in ("people", "reference_people") %}
        case when limited.is_whole then cast(sum(limited.{{ count }}) over figure as bigint) end as all_{{ count }},
        {%- endfor %}
        limited.lower_limit,
        lead(limited.lower_limit) over (
            partition by
                limited.collection, limited.collection_year, limited.area_level, limited.area_code,
                limited.service, limited.ladder, limited.comparison_group
            order by limited.step_order
        ) as next_lower_limit,
        -- A step that was left blank throughout has no row, and no reason of its own.
        case when not limited.is_whole then coalesce(notes.value_note, 'blank') end as value_note,
        not_fit.fitness_reason as not_fit_note,
        limited.organisations
    from limited
    left join notes
        on limited.missing_precedence = notes.precedence
    left join not_fit
        on
            limited.ladder = not_fit.ladder
            and limited.collection_year = not_fit.collection_year
            and limited.area_level = not_fit.area_level
            and limited.area_code = not_fit.area_code
            and limited.service = not_fit.service
    window figure as (
        partition by
            limited.collection, limited.collection_year, limited.area_level, limited.area_code,
            limited.service, limited.ladder, limited.comparison_group
    )

)

{{ kept_by_year('final') }}
