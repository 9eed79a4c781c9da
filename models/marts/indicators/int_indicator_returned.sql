-- The four counts of every indicator as each file gives them, for one service.
with

counts as (

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
    where area_level != 'sub_region'

),

definitions as (

    select
        collection,
        indicator_code,
        definition_version,
        first_year,
        last_year,
        numerator_measure,
        numerator_breakdown,
        headline_breakdown,
        denominator_measure,
        denominator_breakdown
    from {{ ref('indicator_register') }}

),

-- Bands that stand for 'not known' have no limits; they are in the base and are no band of their own.
bands_not_known as (

    select pay_band
    from {{ ref('pay_band_register') }}
    where scheme = 'national' and lower_limit is null

),

notes as (

    select
        value_note,
        precedence
    from {{ ref('value_note') }}

),

numerators as (

    select
        counts.collection,
        counts.collection_year,
        counts.area_level,
        counts.area_code,
        counts.service,
        definitions.indicator_code,
        definitions.definition_version,
        definitions.denominator_measure,
        definitions.denominator_breakdown,
        case
            when counts.breakdown = definitions.headline_breakdown then 'all'
            else counts.breakdown
        end as breakdown,
        counts.comparison_group,
        counts.people,
        counts.value_note
    from counts
    inner join definitions
        on
            counts.collection = definitions.collection
            and counts.measure = definitions.numerator_measure
            and counts.collection_year between definitions.first_year and coalesce(definitions.last_year, 9999)
            and (
                counts.breakdown = definitions.numerator_breakdown
                or (definitions.numerator_breakdown = '*' and counts.breakdown != definitions.denominator_breakdown)
            )
    left join bands_not_known
        on counts.breakdown = bands_not_known.pay_band
    where bands_not_known.pay_band is null

),

paired as (

    select
        numerators.collection,
        numerators.collection_year,
        numerators.area_level,
        numerators.area_code,
        numerators.service,
        numerators.indicator_code,
        numerators.definition_version,
        numerators.breakdown,
        numerators.comparison_group,
        -- More people than the base has is no likelihood: the pair counts as missing, in tables and in sums.
        case when numerators.people > denominators.people then null else numerators.people end as numerator,
        case when numerators.people > denominators.people then null else denominators.people end as denominator,
        denominators.people as base,
        case
            when numerators.people > denominators.people then 'numerator_exceeds_base'
            when denominators.comparison_group is null then 'blank'
            else coalesce(denominators.value_note, numerators.value_note)
        end as value_note
    from numerators
    left join counts as denominators
        on
            numerators.collection = denominators.collection
            and numerators.collection_year = denominators.collection_year
            and numerators.area_level = denominators.area_level
            and numerators.area_code = denominators.area_code
            and numerators.service = denominators.service
            and numerators.comparison_group = denominators.comparison_group
            and numerators.denominator_measure = denominators.measure
            and numerators.denominator_breakdown = denominators.breakdown

),

-- Beside each group's pair, those of the white, unknown and known groups of the same figure.
side_by_side as (

    select
        *,
        count(case when comparison_group = 'white' then 1 end) over figure as references_given,
        {% for group, column, alias in (
            ("white", "numerator", "reference_numerator"),
            ("white", "denominator", "reference_denominator"),
            ("white", "base", "reference_base"),
            ("white", "value_note", "reference_note"),
            ("minority_ethnic", "base", "minority_ethnic_base"),
            ("unknown", "numerator", "unknown_numerator"),
            ("unknown", "base", "unknown_denominator"),
            ("known", "numerator", "known_numerator"),
            ("known", "base", "known_denominator"),
        ) -%}
        max(case when comparison_group = '{{ group }}' then {{ column }} end) over figure as {{ alias }},
        {% endfor -%}
        'white' as reference_group
    from paired
    window figure as (
        partition by collection, collection_year, area_level, area_code, service, indicator_code, breakdown
    )

),

final as (

    select
        side_by_side.collection,
        side_by_side.collection_year,
        side_by_side.area_level,
        side_by_side.area_code,
        side_by_side.service,
        side_by_side.indicator_code,
        side_by_side.definition_version,
        side_by_side.breakdown,
        side_by_side.comparison_group,
        side_by_side.reference_group,
        side_by_side.numerator,
        side_by_side.denominator,
        side_by_side.reference_numerator,
        side_by_side.reference_denominator,
        side_by_side.unknown_numerator,
        side_by_side.unknown_denominator,
        -- People of any known group, as printed. Where they are 0, 'not available' for a group adds 0 to a sum.
        side_by_side.known_numerator,
        side_by_side.known_denominator,
        -- The base of everybody, whatever their group: what the unknown share is a share of.
        coalesce(
            side_by_side.known_denominator,
            side_by_side.minority_ethnic_base + side_by_side.reference_base
        ) + side_by_side.unknown_denominator as total_denominator,
        case
            when coalesce(reference_notes.precedence, 999) < coalesce(compared_notes.precedence, 999)
                then reference_notes.value_note
            else side_by_side.value_note
        end as value_note
    from side_by_side
    left join notes as compared_notes
        on side_by_side.value_note = compared_notes.value_note
    left join notes as reference_notes
        -- A reference group that was left blank throughout has no row.
        on
            case when side_by_side.references_given = 0 then 'blank' else side_by_side.reference_note end
            = reference_notes.value_note
    where side_by_side.comparison_group not in ('white', 'unknown', 'known', 'total')

)

select * from final
