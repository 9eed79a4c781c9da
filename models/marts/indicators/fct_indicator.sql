{%- set family = (
    "collection", "collection_year", "area_level", "definition", "is_headline", "comparison_group", "reference_group",
) %}
with

counts as (

    select * from {{ ref('int_indicator_counts') }}
    where {{ is_year_to_build() }}

),

tables as (

    select * from {{ ref('int_relative_likelihood') }}

),

-- Read for itself: all columns of what two steps read would be kept in memory.
members_of_families as (

    select
        *,
        breakdown = 'all' as is_headline
    from {{ ref('int_indicator_counts') }}
    where {{ is_year_to_build() }}

),

families as (

    {{ numbered('members_of_families', family, 'family_number') | indent(4) }}

),

-- Every join is by equality alone, so that engines can hash it.
fitness as (

    select
        collection,
        collection_year,
        'organisation' as area_level,
        area_code,
        service,
        indicator_code,
        fitness,
        fitness_reason,
        response_rate
    from {{ ref('fct_fitness') }}
    where {{ is_year_to_build() }}

),

definitions as (

    select
        collection,
        indicator_code,
        definition_version,
        first_year,
        adverse_when,
        breaks_with_previous,
        break_note
    from {{ ref('indicator_register') }}

),

years as (

    select
        collection,
        collection_year,
        group_label
    from {{ ref('collection_year') }}

),

-- The later definitions that a figure does not compare with.
breaks as (

    select
        earlier.collection,
        earlier.indicator_code,
        earlier.definition_version,
        {{ dbt.listagg("later.break_note", "' '", "order by later.first_year") }} as break_note
    from definitions as earlier
    inner join definitions as later
        on
            earlier.collection = later.collection
            and earlier.indicator_code = later.indicator_code
            and earlier.first_year < later.first_year
    where later.breaks_with_previous
    group by
        earlier.collection,
        earlier.indicator_code,
        earlier.definition_version

),

-- What the organisation's return and the unknowns allow. A total is not judged by the returns of its parts.
judged as (

    select
        counts.*,
        fitness.fitness as return_fitness,
        fitness.fitness_reason as return_fitness_reason,
        fitness.response_rate,
        counts.breakdown = 'all' as is_headline,
        -- A figure that is not fit is not measured.
        case when coalesce(fitness.fitness, 'fit') != 'not fit' then counts.numerator end as numerator_in_use,
        case
            when counts.value_note is not null then counts.value_note
            when counts.numerator > counts.denominator then 'numerator_exceeds_base'
            when counts.reference_numerator > counts.reference_denominator then 'numerator_exceeds_base'
            when counts.denominator = 0 or counts.reference_denominator = 0 then 'no_base'
            when fitness.fitness = 'not fit' then fitness.fitness_reason
            when counts.reference_numerator = 0 then 'no_reference_events'
        end as reason
    from counts
    left join fitness
        on
            counts.collection = fitness.collection
            and counts.collection_year = fitness.collection_year
            and counts.area_level = fitness.area_level
            and counts.area_code = fitness.area_code
            and counts.service = fitness.service
            and counts.indicator_code = fitness.indicator_code

),

measured as (

    select
        judged.*,
        tables.relative_likelihood,
        tables.lower_95,
        tables.upper_95,
        tables.p_value,
        tables.mid_p,
        tables.test,
        tables.is_very_small,
        tables.minimum_detectable,
        {% for limit, bound in (("lower", unknowns_lower), ("upper", unknowns_upper)) -%}
        case
            when tables.denominator is not null
                then
                    {{ bound(
                        'judged.numerator', 'judged.denominator',
                        'judged.reference_numerator', 'judged.reference_denominator',
                        'judged.unknown_numerator', 'judged.unknown_denominator'
                    ) | indent(20) }}
        end as unknowns_{{ limit }},
        {% endfor -%}
        families.family_number
    from judged
    left join families
        on {{ same_columns('judged', 'families', family) }}
    left join tables
        on
            judged.numerator_in_use = tables.numerator
            and judged.denominator = tables.denominator
            and judged.reference_numerator = tables.reference_numerator
            and judged.reference_denominator = tables.reference_denominator

),

false_discovery as (

    {{ benjamini_hochberg(
        'measured', 'p_value', 'family_number', tests='case when is_all_services then 2 else 1 end'
    ) | indent(4) }}

),

concluded as (

    select
        measured.*,
        false_discovery.q_value,
        false_discovery.tests_in_family,
        {{ size_class('measured.relative_likelihood') }} as size,
        case
            when measured.relative_likelihood is null or measured.unknowns_lower is null then null
            when measured.lower_95 > 1 then measured.unknowns_lower <= 1
            when measured.upper_95 < 1 then coalesce(measured.unknowns_upper >= 1, true)
            else false
        end as depends_on_unknowns
    from measured
    left join false_discovery
        on
            measured.family_number = false_discovery.family_number
            and measured.p_value = false_discovery.p_value

),

final as (

    select
        concluded.collection,
        concluded.collection_year,
        concluded.area_level,
        concluded.area_code,
        concluded.service,
        concluded.definition,
        concluded.indicator_code,
        concluded.definition_version,
        concluded.breakdown,
        concluded.comparison_group,
        concluded.reference_group,
        years.group_label,
        concluded.numerator,
        concluded.denominator,
        concluded.reference_numerator,
        concluded.reference_denominator,
        {{ rate('concluded.numerator', 'concluded.denominator') }} as rate,
        {{ wilson_lower('concluded.numerator', 'concluded.denominator') }} as rate_lower_95,
        {{ wilson_upper('concluded.numerator', 'concluded.denominator') }} as rate_upper_95,
        {{ rate('concluded.reference_numerator', 'concluded.reference_denominator') }} as reference_rate,
        {{ wilson_lower('concluded.reference_numerator', 'concluded.reference_denominator') }}
            as reference_rate_lower_95,
        {{ wilson_upper('concluded.reference_numerator', 'concluded.reference_denominator') }}
            as reference_rate_upper_95,
        concluded.relative_likelihood,
        concluded.lower_95,
        concluded.upper_95,
        concluded.p_value,
        concluded.mid_p,
        concluded.test,
        concluded.is_very_small,
        concluded.q_value,
        concluded.tests_in_family,
        concluded.minimum_detectable,
        concluded.size,
        case
            when concluded.p_value is null then null
            when concluded.p_value < {{ var('evidence_level') }} then 'clear'
            else 'not clear'
        end as evidence,
        -- Which direction is adverse is defined for the headline; for one role or band among others it is not.
        case when concluded.is_headline then definitions.adverse_when end as adverse_when,
        case
            when concluded.is_headline and definitions.adverse_when = 'above' then concluded.relative_likelihood > 1
            when concluded.is_headline and definitions.adverse_when = 'below' then concluded.relative_likelihood < 1
        end as is_adverse,
        case
            when concluded.relative_likelihood is not null and concluded.q_value is not null
                then concluded.q_value <= {{ var('stands_out_q') }} and concluded.size != 'within'
        end as stands_out,
        {{ rate('concluded.unknown_denominator', 'concluded.total_denominator') }} as unknown_share,
        1 - {{ rate('concluded.unknown_denominator', 'concluded.total_denominator') }} as declaration_rate,
        concluded.unknowns_lower,
        concluded.unknowns_upper,
        concluded.depends_on_unknowns,
        concluded.response_rate,
        case
            when concluded.return_fitness = 'not fit' then 'not fit'
            when
                concluded.return_fitness = 'use with care'
                or coalesce(concluded.depends_on_unknowns, false)
                or coalesce(concluded.is_very_small, false)
                then 'use with care'
            else 'fit'
        end as fitness,
        case
            when concluded.return_fitness_reason is not null then concluded.return_fitness_reason
            when concluded.depends_on_unknowns then 'depends_on_unknowns'
            when concluded.is_very_small then 'very_small'
        end as fitness_reason,
        concluded.reason as value_note,
        concluded.counted_by,
        concluded.is_all_services,
        concluded.organisations,
        concluded.organisations_adults,
        concluded.organisations_children,
        breaks.break_note is null as is_todays_definition,
        breaks.break_note
    from concluded
    inner join definitions
        on
            concluded.collection = definitions.collection
            and concluded.indicator_code = definitions.indicator_code
            and concluded.definition_version = definitions.definition_version
    left join breaks
        on
            concluded.collection = breaks.collection
            and concluded.indicator_code = breaks.indicator_code
            and concluded.definition_version = breaks.definition_version
    left join years
        on
            concluded.collection = years.collection
            and concluded.collection_year = years.collection_year

)

{{ kept_by_year('final') }}
