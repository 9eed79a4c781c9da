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

known as (

    select * from paired
    where comparison_group = 'known'

),

compared as (

    select * from paired
    where comparison_group not in ('white', 'unknown', 'known', 'total')

),

reference as (

    select * from paired
    where comparison_group = 'white'

),

unknown as (

    select * from paired
    where comparison_group = 'unknown'

),

final as (

    select
        compared.collection,
        compared.collection_year,
        compared.area_level,
        compared.area_code,
        compared.service,
        compared.indicator_code,
        compared.definition_version,
        compared.breakdown,
        compared.comparison_group,
        'white' as reference_group,
        compared.numerator,
        compared.denominator,
        reference.numerator as reference_numerator,
        reference.denominator as reference_denominator,
        unknown.numerator as unknown_numerator,
        unknown.base as unknown_denominator,
        -- People of any known group, as printed. Where they are 0, 'not available' for a group adds 0 to a sum.
        known.numerator as known_numerator,
        known.base as known_denominator,
        -- The base of everybody, whatever their group: what the unknown share is a share of.
        coalesce(known.base, minority_ethnic.base + reference.base) + unknown.base as total_denominator,
        case
            when coalesce(reference_notes.precedence, 999) < coalesce(compared_notes.precedence, 999)
                then reference_notes.value_note
            else compared.value_note
        end as value_note
    from compared
    left join reference
        on
            compared.collection = reference.collection
            and compared.collection_year = reference.collection_year
            and compared.area_level = reference.area_level
            and compared.area_code = reference.area_code
            and compared.service = reference.service
            and compared.indicator_code = reference.indicator_code
            and compared.breakdown = reference.breakdown
    left join unknown
        on
            compared.collection = unknown.collection
            and compared.collection_year = unknown.collection_year
            and compared.area_level = unknown.area_level
            and compared.area_code = unknown.area_code
            and compared.service = unknown.service
            and compared.indicator_code = unknown.indicator_code
            and compared.breakdown = unknown.breakdown
    left join known
        on
            compared.collection = known.collection
            and compared.collection_year = known.collection_year
            and compared.area_level = known.area_level
            and compared.area_code = known.area_code
            and compared.service = known.service
            and compared.indicator_code = known.indicator_code
            and compared.breakdown = known.breakdown
    left join compared as minority_ethnic
        on
            compared.collection = minority_ethnic.collection
            and compared.collection_year = minority_ethnic.collection_year
            and compared.area_level = minority_ethnic.area_level
            and compared.area_code = minority_ethnic.area_code
            and compared.service = minority_ethnic.service
            and compared.indicator_code = minority_ethnic.indicator_code
            and compared.breakdown = minority_ethnic.breakdown
            and minority_ethnic.comparison_group = 'minority_ethnic'
    left join notes as compared_notes
        on compared.value_note = compared_notes.value_note
    left join notes as reference_notes
        -- A reference group that was left blank throughout has no row.
        on
            case when reference.comparison_group is null then 'blank' else reference.value_note end
            = reference_notes.value_note

)

select * from final
