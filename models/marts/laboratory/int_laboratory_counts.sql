-- The four counts of every variant of an indicator: as each file gives them, and the sums of the organisations.
{%- set place = ("collection", "variant_code", "collection_year", "area_level", "area_code", "service") %}
{%- set counts = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

variants as (

    select
        collection,
        variant_code,
        indicator_code,
        unknowns,
        first_year,
        coalesce(last_year, 9999) as last_year
    from {{ ref('metric_variant') }}

),

parts as (

    select
        collection,
        variant_code,
        part,
        measure,
        breakdown,
        count(*) over (partition by collection, variant_code, part) as pieces
    from {{ ref('metric_variant_part') }}

),

headcounts as (

    select
        collection,
        collection_year,
        area_level,
        area_code,
        service,
        measure,
        breakdown,
        comparison_group,
        people,
        value_note
    from {{ ref('group_headcount') }}
    where
        area_level != 'sub_region'
        and comparison_group in ('minority_ethnic', 'white', 'unknown')
        and {{ is_year_to_build() }}

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

-- A part is known only where each of its pieces is.
summed as (

    select
        variants.collection,
        variants.variant_code,
        variants.indicator_code,
        variants.unknowns,
        headcounts.collection_year,
        headcounts.area_level,
        headcounts.area_code,
        headcounts.service,
        parts.part,
        headcounts.comparison_group,
        case when count(headcounts.people) = max(parts.pieces) then sum(headcounts.people) end as people,
        min(notes.precedence) as note_precedence
    from variants
    inner join parts
        on
            variants.collection = parts.collection
            and variants.variant_code = parts.variant_code
    inner join headcounts
        on
            parts.collection = headcounts.collection
            and parts.measure = headcounts.measure
            and parts.breakdown = headcounts.breakdown
    left join notes
        on headcounts.value_note = notes.value_note
    where headcounts.collection_year between variants.first_year and variants.last_year
    group by
        variants.collection,
        variants.variant_code,
        variants.indicator_code,
        variants.unknowns,
        headcounts.collection_year,
        headcounts.area_level,
        headcounts.area_code,
        headcounts.service,
        parts.part,
        headcounts.comparison_group

),

side_by_side as (

    select
        {{ place | join(',\n        ') }},
        max(indicator_code) as indicator_code,
        max(unknowns) as unknowns,
        {% for group in ("minority_ethnic", "white", "unknown") -%}
        {% for part in ("numerator", "denominator") -%}
        max(case when comparison_group = '{{ group }}' and part = '{{ part }}' then people end)
            as {{ group }}_{{ part }},
        {% endfor -%}
        {% endfor -%}
        min(case when comparison_group != 'unknown' or unknowns != 'outside' then note_precedence end)
            as note_precedence,
        count(distinct part) as parts_there
    from summed
    group by
        {{ place | join(',\n        ') }}

),

added_up as (

    select
        {{ place | join(',\n        ') }},
        indicator_code,
        minority_ethnic_numerator
        + case when unknowns = 'minority_ethnic' then unknown_numerator else 0 end as numerator,
        minority_ethnic_denominator
        + case when unknowns = 'minority_ethnic' then unknown_denominator else 0 end as denominator,
        white_numerator + case when unknowns = 'white' then unknown_numerator else 0 end as reference_numerator,
        white_denominator + case when unknowns = 'white' then unknown_denominator else 0 end as reference_denominator,
        1 - {{ rate(
            'unknown_denominator', '(minority_ethnic_denominator + white_denominator + unknown_denominator)'
        ) }} as declaration_rate,
        note_precedence
    from side_by_side
    where parts_there = 2

),

-- More people than the base has is no likelihood: the pair counts as missing.
counted as (

    select
        {{ place | join(',\n        ') }},
        indicator_code,
        {% for prefix in ("", "reference_") -%}
        {%- for count in ("numerator", "denominator") -%}
        case
            when not coalesce({{ prefix }}numerator > {{ prefix }}denominator, false) then {{ prefix }}{{ count }}
        end as {{ prefix }}{{ count }},
        {% endfor -%}
        {% endfor -%}
        coalesce(numerator > denominator or reference_numerator > reference_denominator, false) as is_above_base,
        declaration_rate,
        note_precedence
    from added_up

),

usable as (

    select * from counted
    where
        area_level = 'organisation'
        and numerator <= denominator
        and reference_numerator <= reference_denominator

),

-- A publisher's own region and England go before the sum of the organisations.
printed as (

    select distinct
        collection,
        collection_year,
        area_level
    from counted
    where area_level != 'organisation'

),

added as (

    select
        usable.collection,
        usable.variant_code,
        usable.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service as service,
        usable.indicator_code,
        {% for count in counts -%}
        sum(usable.{{ count }}) as {{ count }},
        {% endfor -%}
        count(distinct usable.area_code) as organisations
    from usable
    inner join totals
        on
            usable.collection = totals.collection
            and usable.service = totals.service
            and usable.area_code = totals.organisation_code
    group by
        usable.collection,
        usable.variant_code,
        usable.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service,
        usable.indicator_code

),

final as (

    select
        {% for column in place -%}
        counted.{{ column }},
        {% endfor -%}
        counted.indicator_code,
        {% for count in counts -%}
        cast(counted.{{ count }} as bigint) as {{ count }},
        {% endfor -%}
        counted.declaration_rate,
        case
            when counted.is_above_base then 'numerator_exceeds_base'
            when counted.numerator + counted.denominator is null then coalesce(notes.value_note, 'blank')
            when counted.reference_numerator + counted.reference_denominator is null
                then coalesce(notes.value_note, 'blank')
        end as value_note,
        -- How many stand behind a printed figure is told beside the figure in force.
        case when counted.area_level = 'organisation' then cast(1 as bigint) end as organisations
    from counted
    left join notes
        on counted.note_precedence = notes.precedence

    union all

    select
        {% for column in place -%}
        added.{{ column }},
        {% endfor -%}
        added.indicator_code,
        {% for count in counts -%}
        cast(added.{{ count }} as bigint) as {{ count }},
        {% endfor -%}
        {{ double('null') }} as declaration_rate,
        cast(null as {{ varchar() }}) as value_note,
        added.organisations
    from added
    left join printed
        on
            added.collection = printed.collection
            and added.collection_year = printed.collection_year
            and added.area_level = printed.area_level
    where printed.collection is null

)

{{ kept_by_year('final') }}
