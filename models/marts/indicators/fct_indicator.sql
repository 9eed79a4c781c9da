with

counts as (

    select * from {{ ref('int_indicator_counts') }}

),

tables as (

    select * from {{ ref('int_relative_likelihood') }}

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
            and later.first_year > earlier.first_year
    where later.breaks_with_previous
    group by
        earlier.collection,
        earlier.indicator_code,
        earlier.definition_version

),

measured as (

    select
        counts.*,
        tables.relative_likelihood,
        tables.lower_95,
        tables.upper_95,
        tables.p_value,
        tables.mid_p,
        tables.test,
        tables.is_very_small
    from counts
    left join tables
        on
            counts.numerator = tables.numerator
            and counts.denominator = tables.denominator
            and counts.reference_numerator = tables.reference_numerator
            and counts.reference_denominator = tables.reference_denominator

),

final as (

    select
        measured.collection,
        measured.collection_year,
        measured.area_level,
        measured.area_code,
        measured.service,
        measured.definition,
        measured.indicator_code,
        measured.definition_version,
        measured.breakdown,
        measured.comparison_group,
        measured.reference_group,
        years.group_label,
        measured.numerator,
        measured.denominator,
        measured.reference_numerator,
        measured.reference_denominator,
        {{ rate('measured.numerator', 'measured.denominator') }} as rate,
        {{ rate('measured.reference_numerator', 'measured.reference_denominator') }} as reference_rate,
        measured.relative_likelihood,
        measured.lower_95,
        measured.upper_95,
        measured.p_value,
        measured.mid_p,
        measured.test,
        measured.is_very_small,
        {{ size_class('measured.relative_likelihood') }} as size,
        case
            when measured.p_value is null then null
            when measured.p_value < {{ var('evidence_level') }} then 'clear'
            else 'not clear'
        end as evidence,
        -- Which direction is adverse is defined for the headline; for one role or band among others it is not.
        case when measured.breakdown = 'all' then definitions.adverse_when end as adverse_when,
        {{ rate('measured.unknown_denominator', 'measured.total_denominator') }} as unknown_share,
        case
            when measured.value_note is not null then measured.value_note
            when measured.numerator > measured.denominator then 'numerator_exceeds_base'
            when measured.reference_numerator > measured.reference_denominator then 'numerator_exceeds_base'
            when measured.denominator = 0 or measured.reference_denominator = 0 then 'no_base'
            when measured.reference_numerator = 0 then 'no_reference_events'
        end as value_note,
        measured.counted_by,
        measured.organisations,
        measured.organisations_adults,
        measured.organisations_children,
        breaks.break_note is null as is_todays_definition,
        breaks.break_note
    from measured
    inner join definitions
        on
            measured.collection = definitions.collection
            and measured.indicator_code = definitions.indicator_code
            and measured.definition_version = definitions.definition_version
    left join breaks
        on
            measured.collection = breaks.collection
            and measured.indicator_code = breaks.indicator_code
            and measured.definition_version = breaks.definition_version
    left join years
        on
            measured.collection = years.collection
            and measured.collection_year = years.collection_year

)

select * from final
