-- The four counts of every indicator as each file gives them, for one service.
{%- set figure = (
    "collection", "collection_year", "area_level", "area_code", "service", "definition", "indicator_code", "breakdown",
) %}
{%- set reference_groups = ("white", "white_british", "minority_ethnic") %}
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
    where area_level != 'sub_region' and {{ is_year_to_build() }}

),

restated_counts as (

    select * from {{ ref('restated_headcount') }}
    where {{ is_year_to_build() }}

),

comparison_pairs as (

    select
        comparison_group,
        reference_group,
        is_detail
    from {{ ref('comparison_pair') }}

),

definitions as (

    select
        collection,
        indicator_code,
        definition_version,
        first_year,
        last_year,
        restated_from,
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
        precedence,
        was_collected
    from {{ ref('value_note') }}

),

-- As collected: by the definition of the year. Restated: earlier returns by a later definition, where they allow it.
events as (

    select
        counts.collection,
        counts.collection_year,
        counts.area_level,
        counts.area_code,
        counts.service,
        'as_collected' as definition,
        counts.measure,
        counts.breakdown,
        counts.comparison_group,
        counts.people,
        counts.value_note
    from counts

    union all

    select
        restated_counts.collection,
        restated_counts.collection_year,
        restated_counts.area_level,
        restated_counts.area_code,
        restated_counts.service,
        'restated' as definition,
        restated_counts.measure,
        restated_counts.breakdown,
        restated_counts.comparison_group,
        restated_counts.people,
        restated_counts.value_note
    from restated_counts

),

numerators as (

    select
        events.collection,
        events.collection_year,
        events.area_level,
        events.area_code,
        events.service,
        events.definition,
        definitions.indicator_code,
        definitions.definition_version,
        definitions.denominator_measure,
        definitions.denominator_breakdown,
        case
            when events.breakdown = definitions.headline_breakdown then 'all'
            else events.breakdown
        end as breakdown,
        events.comparison_group,
        events.people,
        events.value_note
    from events
    inner join definitions
        on
            events.collection = definitions.collection
            and events.measure = definitions.numerator_measure
            and case
                when events.definition = 'as_collected'
                    then events.collection_year between definitions.first_year and coalesce(definitions.last_year, 9999)
                else
                    events.collection_year >= definitions.restated_from
                    and events.collection_year < definitions.first_year
            end
            and (
                events.breakdown = definitions.numerator_breakdown
                or (definitions.numerator_breakdown = '*' and events.breakdown != definitions.denominator_breakdown)
            )
    left join bands_not_known
        on events.breakdown = bands_not_known.pay_band
    where bands_not_known.pay_band is null

),

paired as (

    select
        numerators.collection,
        numerators.collection_year,
        numerators.area_level,
        numerators.area_code,
        numerators.service,
        numerators.definition,
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

noted as (

    select
        paired.*,
        notes.precedence as note_precedence
    from paired
    left join notes
        on paired.value_note = notes.value_note

),

-- What is beside each group's pair: the reference groups, and the unknown and known, of the same figure.
beside as (

    select
        {{ figure | join(',\n        ') }},
        {% for group in reference_groups -%}
        max(case when comparison_group = '{{ group }}' then 1 else 0 end) as has_{{ group }},
        max(case when comparison_group = '{{ group }}' then numerator end) as {{ group }}_numerator,
        max(case when comparison_group = '{{ group }}' then denominator end) as {{ group }}_denominator,
        max(case when comparison_group = '{{ group }}' then note_precedence end) as {{ group }}_precedence,
        {% endfor -%}
        {% for group, column, alias in (
            ("white", "base", "white_base"),
            ("minority_ethnic", "base", "minority_ethnic_base"),
            ("unknown", "numerator", "unknown_numerator"),
            ("unknown", "base", "unknown_denominator"),
            ("known", "numerator", "known_numerator"),
            ("known", "base", "known_denominator"),
        ) -%}
        max(case when comparison_group = '{{ group }}' then {{ column }} end) as {{ alias }},
        {% endfor -%}
        999 as no_precedence
    from noted
    group by
        {{ figure | join(',\n        ') }}

),

compared_groups as (

    select
        noted.*,
        comparison_pairs.reference_group,
        comparison_pairs.is_detail
    from noted
    inner join comparison_pairs
        on noted.comparison_group = comparison_pairs.comparison_group

),

-- A reference group that was left blank throughout has no row; everybody else is the known less the group itself.
beside_reference as (

    select
        compared_groups.*,
        {% for alias in (
            "white_base", "minority_ethnic_base", "unknown_numerator", "unknown_denominator", "known_numerator",
            "known_denominator", "no_precedence",
        ) -%}
        beside.{{ alias }},
        {% endfor -%}
        {% for count in ("numerator", "denominator") -%}
        case compared_groups.reference_group
            when 'white' then beside.white_{{ count }}
            when 'white_british' then beside.white_british_{{ count }}
            when 'everyone_else'
                then
                    beside.minority_ethnic_{{ count }} + beside.white_{{ count }} - compared_groups.{{ count }}
        end as given_reference_{{ count }},
        {% endfor -%}
        case compared_groups.reference_group
            when 'white' then beside.has_white
            when 'white_british' then beside.has_white_british
            else least(beside.has_white, beside.has_minority_ethnic)
        end as has_reference,
        case compared_groups.reference_group
            when 'white' then coalesce(beside.white_precedence, beside.no_precedence)
            when 'white_british' then coalesce(beside.white_british_precedence, beside.no_precedence)
            else
                least(
                    coalesce(beside.white_precedence, beside.no_precedence),
                    coalesce(beside.minority_ethnic_precedence, beside.no_precedence)
                )
        end as reference_precedence
    from compared_groups
    inner join beside
        on {{ same_columns('compared_groups', 'beside', figure) }}

),

-- What is left of two groups can exceed its base where neither of them does.
compared as (

    select
        *,
        {% for count in ("numerator", "denominator") -%}
        case
            when given_reference_numerator > given_reference_denominator then null else given_reference_{{ count }}
        end as reference_{{ count }},
        {% endfor -%}
        coalesce(given_reference_numerator > given_reference_denominator, false) as reference_exceeds_base
    from beside_reference

),

reasoned as (

    select
        compared.*,
        case
            when compared.reference_exceeds_base then 'numerator_exceeds_base'
            when
                compared.has_reference = 0
                and blank_note.precedence < coalesce(compared.note_precedence, compared.no_precedence)
                then 'blank'
            when
                compared.has_reference = 1
                and compared.reference_precedence < coalesce(compared.note_precedence, compared.no_precedence)
                then reference_notes.value_note
            else compared.value_note
        end as reason
    from compared
    left join notes as reference_notes
        on compared.reference_precedence = reference_notes.precedence
    left join notes as blank_note
        on blank_note.value_note = 'blank'

),

final as (

    select
        reasoned.collection,
        reasoned.collection_year,
        reasoned.area_level,
        reasoned.area_code,
        reasoned.service,
        reasoned.definition,
        reasoned.indicator_code,
        reasoned.definition_version,
        reasoned.breakdown,
        reasoned.comparison_group,
        reasoned.reference_group,
        reasoned.is_detail,
        reasoned.numerator,
        reasoned.denominator,
        reasoned.reference_numerator,
        reasoned.reference_denominator,
        reasoned.unknown_numerator,
        reasoned.unknown_denominator,
        -- People of any known group, as printed. Where they are 0, 'not available' for a group adds 0 to a sum.
        reasoned.known_numerator,
        reasoned.known_denominator,
        -- The base of everybody, whatever their group: what the unknown share is a share of.
        coalesce(reasoned.known_denominator, reasoned.minority_ethnic_base + reasoned.white_base)
        + reasoned.unknown_denominator as total_denominator,
        reasoned.reason as value_note
    from reasoned
    left join notes
        on reasoned.reason = notes.value_note
    -- No row in detail where there was nothing to collect.
    where not reasoned.is_detail or (reasoned.has_reference = 1 and coalesce(notes.was_collected, true))

)

{{ kept_by_year('final') }}
