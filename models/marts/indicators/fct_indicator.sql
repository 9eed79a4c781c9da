with

counts as (

    select
        returned.*,
        {{ indicator_key(table='returned') }} as indicator_key,
        returned.numerator as x1,
        returned.denominator as n1,
        returned.reference_numerator as x2,
        returned.reference_denominator as n2
    from {{ ref('int_indicator_counts') }} as returned

),

definitions as (

    select
        collection,
        indicator_code,
        definition_version,
        adverse_when
    from {{ ref('indicator_register') }}

),

years as (

    select
        collection,
        collection_year,
        group_label
    from {{ ref('collection_year') }}

),

measured as (

    select
        counts.*,
        {{ relative_likelihood('x1', 'n1', 'x2', 'n2') }} as relative_likelihood,
        {{ miettinen_nurminen_lower('x1', 'n1', 'x2', 'n2') }} as lower_95,
        {{ miettinen_nurminen_upper('x1', 'n1', 'x2', 'n2') }} as upper_95,
        {{ n_minus_1_chi_squared('x1', 'n1', 'x2', 'n2') }} as chi_squared,
        {{ uses_fisher_irwin('x1', 'n1', 'x2', 'n2') }} as is_fisher_irwin
    from counts

),

-- The exact test costs as many steps as a table has margins: only for the tables that need it.
small as (

    select
        indicator_key,
        x1,
        n1,
        x2,
        n2
    from measured
    where is_fisher_irwin

),

exact as (

    {{ fisher_irwin('small', 'indicator_key') | indent(4) }}

),

tested as (

    select
        measured.*,
        case
            when measured.is_fisher_irwin then exact.fisher_p
            else {{ chi_squared_p_value('measured.chi_squared') }}
        end as p_value
    from measured
    left join exact
        on measured.indicator_key = exact.indicator_key

),

final as (

    select
        tested.collection,
        tested.collection_year,
        tested.area_level,
        tested.area_code,
        tested.service,
        tested.indicator_code,
        tested.definition_version,
        tested.breakdown,
        tested.comparison_group,
        tested.reference_group,
        years.group_label,
        tested.numerator,
        tested.denominator,
        tested.reference_numerator,
        tested.reference_denominator,
        {{ rate('tested.numerator', 'tested.denominator') }} as rate,
        {{ rate('tested.reference_numerator', 'tested.reference_denominator') }} as reference_rate,
        tested.relative_likelihood,
        tested.lower_95,
        tested.upper_95,
        tested.p_value,
        case
            when tested.p_value is null then null
            when tested.is_fisher_irwin then 'fisher-irwin'
            else 'n-1 chi-squared'
        end as test,
        {{ size_class('tested.relative_likelihood') }} as size,
        case
            when tested.p_value is null then null
            when tested.p_value < {{ var('evidence_level') }} then 'clear'
            else 'not clear'
        end as evidence,
        -- Which direction is adverse is defined for the headline; for one role or band among others it is not.
        case when tested.breakdown = 'all' then definitions.adverse_when end as adverse_when,
        {{ rate('tested.unknown_denominator', 'tested.total_denominator') }} as unknown_share,
        case
            when tested.value_note is not null then tested.value_note
            when tested.numerator > tested.denominator then 'numerator_exceeds_base'
            when tested.reference_numerator > tested.reference_denominator then 'numerator_exceeds_base'
            when tested.denominator = 0 or tested.reference_denominator = 0 then 'no_base'
            when tested.reference_numerator = 0 then 'no_reference_events'
        end as value_note,
        tested.counted_by,
        tested.organisations,
        tested.organisations_adults,
        tested.organisations_children
    from tested
    inner join definitions
        on
            tested.collection = definitions.collection
            and tested.indicator_code = definitions.indicator_code
            and tested.definition_version = definitions.definition_version
    left join years
        on
            tested.collection = years.collection
            and tested.collection_year = years.collection_year

)

select * from final
