-- Two stages and the whole they make, for measures that are parts of one another; nothing else is multiplied.
{%- set figure = ("collection", "collection_year", "area_level", "area_code", "service", "chain", "comparison_group") %}
{%- set measures = ("base", "middle", "last") %}
{%- set stages = (("first", "base", "middle"), ("second", "middle", "last"), ("whole", "base", "last")) %}
with

chains as (

    select
        last_measure.measure as last_measure,
        middle_measure.measure as middle_measure,
        middle_measure.within_measure as base_measure
    from {{ ref('measure') }} as last_measure
    inner join {{ ref('measure') }} as middle_measure
        on last_measure.within_measure = middle_measure.measure
    where middle_measure.within_measure is not null

),

groups_compared as (

    select comparison_group
    from {{ ref('comparison_pair') }}
    where reference_group = 'white' and not is_detail

),

headcounts as (

    select
        collection,
        collection_year,
        area_level,
        area_code,
        service,
        measure,
        comparison_group,
        people,
        value_note
    from {{ ref('int_service_headcount') }}
    where
        {{ is_year_to_build() }}
        and breakdown = 'all'
        and (comparison_group = 'white' or comparison_group in (select g.comparison_group from groups_compared as g))
        and measure in (
            {%- for measure in measures %}
            select c.{{ measure }}_measure from chains as c
            {{- ' union all' if not loop.last }}
            {%- endfor %}
        )

),

totals as (

    select * from {{ ref('total_membership') }}

),

-- The indicator that counts the last measure says whether an organisation's return is fit to be measured.
not_fit as (

    select distinct
        fitness.collection,
        fitness.collection_year,
        fitness.area_code,
        fitness.service,
        indicators.numerator_measure as chain,
        fitness.fitness_reason
    from {{ ref('fct_fitness') }} as fitness
    inner join {{ ref('indicator_register') }} as indicators
        on
            fitness.collection = indicators.collection
            and fitness.indicator_code = indicators.indicator_code
    where fitness.fitness = 'not fit'

),

notes as (

    select
        value_note,
        precedence
    from {{ ref('value_note') }}

),

side_by_side as (

    select
        headcounts.*,
        notes.precedence as note_precedence,
        max(case when headcounts.comparison_group = 'white' then headcounts.people end) over counted
            as reference_people,
        max(case when headcounts.comparison_group = 'white' then notes.precedence end) over counted
            as reference_precedence
    from headcounts
    left join notes
        on headcounts.value_note = notes.value_note
    window counted as (
        partition by
            headcounts.collection, headcounts.collection_year, headcounts.area_level, headcounts.area_code,
            headcounts.service, headcounts.measure
    )

),

people as (

    select
        side_by_side.*,
        least(side_by_side.note_precedence, side_by_side.reference_precedence) as missing_precedence
    from side_by_side
    inner join groups_compared
        on side_by_side.comparison_group = groups_compared.comparison_group

),

chained as (

    select
        last_people.collection,
        last_people.collection_year,
        last_people.area_level,
        last_people.area_code,
        last_people.service,
        chains.last_measure as chain,
        last_people.comparison_group,
        chains.middle_measure,
        chains.base_measure,
        {%- for measure in measures %}
        {{ measure }}_people.people as {{ measure }}_people,
        {{ measure }}_people.reference_people as {{ measure }}_reference_people,
        {%- endfor %}
        least(
            {%- for measure in measures %}
            {{ measure }}_people.missing_precedence{{ ',' if not loop.last }}
            {%- endfor %}
        ) as missing_precedence
    from people as last_people
    inner join chains
        on last_people.measure = chains.last_measure
    left join people as base_people
        on
            chains.base_measure = base_people.measure
            and last_people.collection = base_people.collection
            and last_people.collection_year = base_people.collection_year
            and last_people.area_level = base_people.area_level
            and last_people.area_code = base_people.area_code
            and last_people.service = base_people.service
            and last_people.comparison_group = base_people.comparison_group
    left join people as middle_people
        on
            chains.middle_measure = middle_people.measure
            and last_people.collection = middle_people.collection
            and last_people.collection_year = middle_people.collection_year
            and last_people.area_level = middle_people.area_level
            and last_people.area_code = middle_people.area_code
            and last_people.service = middle_people.service
            and last_people.comparison_group = middle_people.comparison_group

),

-- Each stage is within the one before it, for both groups.
judged as (

    select
        *,
        case
            when
                last_people > middle_people
                or middle_people > base_people
                or last_reference_people > middle_reference_people
                or middle_reference_people > base_reference_people
                then 'numerator_exceeds_base'
            {%- for measure in measures %}
            when {{ measure }}_people is null or {{ measure }}_reference_people is null then 'missing'
            {%- endfor %}
        end as fault
    from chained

),

noted as (

    select
        judged.*,
        case
            when judged.fault = 'missing' then coalesce(notes.value_note, 'blank')
            else judged.fault
        end as value_note,
        not_fit.fitness_reason as not_fit_note
    from judged
    left join notes
        on judged.missing_precedence = notes.precedence
    left join not_fit
        on
            judged.collection = not_fit.collection
            and judged.collection_year = not_fit.collection_year
            and judged.area_code = not_fit.area_code
            and judged.service = not_fit.service
            and judged.chain = not_fit.chain

),

summed as (

    select
        noted.collection,
        noted.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service as service,
        noted.chain,
        noted.comparison_group,
        noted.middle_measure,
        noted.base_measure,
        {%- for measure in measures %}
        {%- for kind in ("people", "reference_people") %}
        cast(sum(case when noted.value_note is null then noted.{{ measure }}_{{ kind }} end) as bigint)
            as {{ measure }}_{{ kind }},
        {%- endfor %}
        {%- endfor %}
        min(notes.precedence) as note_precedence,
        count(distinct case when noted.value_note is null then noted.area_code end) as organisations
    from noted
    inner join totals
        on
            noted.collection = totals.collection
            and noted.service = totals.service
            and noted.area_code = totals.organisation_code
    left join notes
        on noted.value_note = notes.value_note
    where noted.area_level = 'organisation'
    group by
        noted.collection,
        noted.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service,
        noted.chain,
        noted.comparison_group,
        noted.middle_measure,
        noted.base_measure

),

combined as (

    select
        {{ figure | join(',\n        ') }},
        middle_measure,
        base_measure,
        {%- for measure in measures %}
        {%- for kind in ("people", "reference_people") %}
        case when value_note is null then {{ measure }}_{{ kind }} end as {{ measure }}_{{ kind }},
        {%- endfor %}
        {%- endfor %}
        value_note,
        not_fit_note,
        case when value_note is null then 1 else 0 end as organisations
    from noted

    union all

    select
        {%- for column in figure + ("middle_measure", "base_measure") %}
        summed.{{ column }},
        {%- endfor %}
        {%- for measure in measures %}
        {%- for kind in ("people", "reference_people") %}
        summed.{{ measure }}_{{ kind }},
        {%- endfor %}
        {%- endfor %}
        case when summed.organisations = 0 then notes.value_note end as value_note,
        cast(null as {{ varchar() }}) as not_fit_note,
        summed.organisations
    from summed
    left join notes
        on summed.note_precedence = notes.precedence

),

staged as (
    {% for stage, from_measure, to_measure in stages %}
    select
        {{ figure | join(',\n        ') }},
        '{{ stage }}' as stage,
        {{ loop.index }} as stage_order,
        {{ 'chain' if from_measure == 'last' else from_measure ~ '_measure' }} as from_measure,
        {{ 'chain' if to_measure == 'last' else to_measure ~ '_measure' }} as to_measure,
        {{ to_measure }}_people as x1,
        {{ from_measure }}_people as n1,
        {{ to_measure }}_reference_people as x2,
        {{ from_measure }}_reference_people as n2,
        coalesce(value_note, not_fit_note) as value_note,
        organisations
    from combined
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

-- The limits cost more than all the rest, and chains share their first stage.
tables as (

    select distinct
        x1,
        n1,
        x2,
        n2
    from staged
    where value_note is null

),

measured as (

    select
        *,
        {{ relative_likelihood('x1', 'n1', 'x2', 'n2') }} as relative_likelihood,
        {{ miettinen_nurminen_lower('x1', 'n1', 'x2', 'n2') }} as lower_95,
        {{ miettinen_nurminen_upper('x1', 'n1', 'x2', 'n2') }} as upper_95
    from tables

),

final as (

    select
        {%- for column in figure %}
        staged.{{ column }},
        {%- endfor %}
        'white' as reference_group,
        staged.stage,
        staged.stage_order,
        staged.from_measure,
        staged.to_measure,
        staged.x1 as numerator,
        staged.n1 as denominator,
        staged.x2 as reference_numerator,
        staged.n2 as reference_denominator,
        measured.relative_likelihood,
        measured.lower_95,
        measured.upper_95,
        case
            when staged.value_note is not null then staged.value_note
            when staged.n1 = 0 or staged.n2 = 0 then 'no_base'
            when staged.x2 = 0 then 'no_reference_events'
        end as value_note,
        staged.organisations
    from staged
    left join measured
        on
            -- An equality, not a condition of its own: engines hash it.
            case when staged.value_note is null then staged.x1 end = measured.x1
            and staged.n1 = measured.n1
            and staged.x2 = measured.x2
            and staged.n2 = measured.n2

)

{{ kept_by_year('final') }}
