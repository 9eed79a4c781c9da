with

fitness as (

    select
        collection,
        collection_year,
        area_code,
        service,
        indicator_code,
        fitness_reason
    from {{ ref('fct_fitness') }}
    where fitness = 'not fit' and {{ is_year_to_build() }}

),

variants as (

    select
        collection,
        variant_code,
        variant_name,
        question,
        indicator_code,
        first_year,
        coalesce(last_year, 9999) as last_year
    from {{ ref('metric_variant') }}

),

numerator_parts as (

    select
        collection,
        variant_code,
        measure
    from {{ ref('metric_variant_part') }}
    where part = 'numerator'

),

definitions as (

    select
        collection,
        indicator_code,
        numerator_measure,
        first_year,
        coalesce(last_year, 9999) as last_year
    from {{ ref('indicator_register') }}

),

-- A variant rests on its own indicator, and on each that counts what it adds up: 7a and 7b had years without 7.
rests_on as (

    select
        collection,
        variant_code,
        indicator_code,
        first_year,
        last_year
    from variants

    union all

    select
        numerator_parts.collection,
        numerator_parts.variant_code,
        definitions.indicator_code,
        definitions.first_year,
        definitions.last_year
    from numerator_parts
    inner join definitions
        on
            numerator_parts.collection = definitions.collection
            and numerator_parts.measure = definitions.numerator_measure

),

not_fit as (

    select
        fitness.collection,
        fitness.collection_year,
        fitness.area_code,
        fitness.service,
        rests_on.variant_code,
        -- The gravest reason first, as fitness has it.
        case
            when max(case when fitness.fitness_reason = 'data_error' then 1 end) = 1 then 'data_error'
            else max(fitness.fitness_reason)
        end as reason
    from fitness
    inner join rests_on
        on
            fitness.collection = rests_on.collection
            and fitness.indicator_code = rests_on.indicator_code
    where fitness.collection_year between rests_on.first_year and rests_on.last_year
    group by
        fitness.collection,
        fitness.collection_year,
        fitness.area_code,
        fitness.service,
        rests_on.variant_code

),

counts as (

    select
        counts.*,
        -- Nothing is measured that would not be fit to be used by the definition in force.
        case
            when counts.value_note is not null then counts.value_note
            when counts.area_level != 'organisation' then null
            when not_fit.reason is not null then not_fit.reason
            when counts.declaration_rate < {{ double(var('declaration_minimum')) }} then 'low_declaration'
        end as reason
    from {{ ref('int_laboratory_counts') }} as counts
    left join not_fit
        on
            counts.collection = not_fit.collection
            and counts.collection_year = not_fit.collection_year
            and counts.area_code = not_fit.area_code
            and counts.service = not_fit.service
            and counts.variant_code = not_fit.variant_code
    where {{ is_year_to_build('counts.collection_year') }}

),

tables as (

    select * from {{ ref('int_laboratory_likelihood') }}

),

figures as (

    select
        collection,
        collection_year,
        area_level,
        area_code,
        service,
        indicator_code,
        organisations,
        relative_likelihood,
        lower_95,
        upper_95,
        evidence
    from {{ every_service('fct_indicator') }} as figures
    where
        {{ is_year_to_build() }}
        and definition = 'as_collected'
        and breakdown = 'all'
        and comparison_group = 'minority_ethnic'
        and reference_group = 'white'

),

final as (

    select
        counts.collection,
        counts.collection_year,
        counts.area_level,
        counts.area_code,
        counts.service,
        counts.indicator_code,
        counts.variant_code,
        variants.variant_name,
        variants.question,
        counts.numerator,
        counts.denominator,
        counts.reference_numerator,
        counts.reference_denominator,
        tables.relative_likelihood,
        tables.lower_95,
        tables.upper_95,
        tables.p_value,
        case
            when tables.p_value is null then null
            when tables.p_value < {{ var('evidence_level') }} then 'clear'
            else 'not clear'
        end as evidence,
        figures.relative_likelihood as relative_likelihood_in_force,
        figures.lower_95 as lower_95_in_force,
        figures.upper_95 as upper_95_in_force,
        figures.evidence as evidence_in_force,
        tables.relative_likelihood / nullif(figures.relative_likelihood, 0) as times_in_force,
        case
            when counts.reason is not null then counts.reason
            when counts.denominator = 0 or counts.reference_denominator = 0 then 'no_base'
            when counts.reference_numerator = 0 then 'no_reference_events'
        end as value_note,
        coalesce(counts.organisations, figures.organisations, 0) as organisations
    from counts
    inner join variants
        on
            counts.collection = variants.collection
            and counts.variant_code = variants.variant_code
    left join tables
        on
            case when counts.reason is null then counts.numerator end = tables.numerator
            and counts.denominator = tables.denominator
            and counts.reference_numerator = tables.reference_numerator
            and counts.reference_denominator = tables.reference_denominator
    left join figures
        on
            counts.collection = figures.collection
            and counts.collection_year = figures.collection_year
            and counts.area_level = figures.area_level
            and counts.area_code = figures.area_code
            and counts.service = figures.service
            and counts.indicator_code = figures.indicator_code

)

{{ kept_by_year('final') }}
