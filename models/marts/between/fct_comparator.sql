{%- set own = {
    "x1": "x1", "n1": "n1", "x2": "x2", "n2": "n2",
    "rr": "relative_likelihood", "lower": "lower_95", "upper": "upper_95",
} %}
{%- set others = {
    "x1": "others_x1", "n1": "others_n1", "x2": "others_x2", "n2": "others_n2",
    "rr": "comparator_relative_likelihood", "lower": "comparator_lower_95", "upper": "comparator_upper_95",
} %}
{%- set others_table = ("others_x1", "others_n1", "others_x2", "others_n2") %}
{%- set pair = ("x1", "n1", "x2", "n2") + others_table %}
with

not_fit as (

    select
        collection,
        collection_year,
        area_code,
        service,
        indicator_code,
        fitness_reason
    from {{ ref('fct_fitness') }}
    where fitness = 'not fit'

),

comparators as (

    select
        counts.*,
        -- What is not fit is measured against nothing.
        case when not_fit.fitness_reason is null then counts.own_numerator end as x1,
        counts.own_denominator as n1,
        counts.own_reference_numerator as x2,
        counts.own_reference_denominator as n2,
        counts.numerator as others_x1,
        counts.denominator as others_n1,
        counts.reference_numerator as others_x2,
        counts.reference_denominator as others_n2,
        not_fit.fitness_reason as not_fit_note
    from {{ ref('int_comparator_counts') }} as counts
    left join not_fit
        on
            counts.collection = not_fit.collection
            and counts.collection_year = not_fit.collection_year
            and counts.organisation_code = not_fit.area_code
            and counts.service = not_fit.service
            and counts.indicator_code = not_fit.indicator_code
    where {{ is_year_to_build('counts.collection_year') }}

),

own_tables as (

    select * from {{ ref('int_relative_likelihood') }}

),

-- The counts of the others are of no other figure: their interval is made here, once for all that have the same.
others_counts as (

    select distinct
        {{ others_table | join(',\n        ') }}
    from comparators
    where {{ is_calculable(*others_table) }}

),

others_tables as (

    select
        *,
        {{ relative_likelihood(*others_table) }} as comparator_relative_likelihood,
        {{ miettinen_nurminen_lower(*others_table) }} as comparator_lower_95,
        {{ miettinen_nurminen_upper(*others_table) }} as comparator_upper_95
    from others_counts

),

measured as (

    select
        comparators.*,
        others_tables.comparator_relative_likelihood,
        others_tables.comparator_lower_95,
        others_tables.comparator_upper_95,
        own_tables.relative_likelihood,
        own_tables.lower_95,
        own_tables.upper_95
    from comparators
    left join own_tables
        on
            comparators.x1 = own_tables.numerator
            and comparators.n1 = own_tables.denominator
            and comparators.x2 = own_tables.reference_numerator
            and comparators.n2 = own_tables.reference_denominator
    left join others_tables
        on {{ same_columns('comparators', 'others_tables', others_table) }}

),

-- Where either has no relative likelihood there is nothing to compare: half an event added would invent one.
pairs as (

    select distinct
        {{ pair | join(',\n        ') }},
        relative_likelihood,
        lower_95,
        upper_95,
        comparator_relative_likelihood,
        comparator_lower_95,
        comparator_upper_95
    from measured
    where relative_likelihood is not null and comparator_relative_likelihood is not null

),

ratios as (

    select
        {{ pair | join(',\n        ') }},
        {{ ratio_of_ratios(others, own) }} as ratio_to_comparator,
        {{ ratio_of_ratios_lower(others, own) }} as ratio_lower_95,
        {{ ratio_of_ratios_upper(others, own) }} as ratio_upper_95,
        {{ ratio_of_ratios_z(others, own) }} as z
    from pairs

),

compared as (

    select
        measured.*,
        ratios.ratio_to_comparator,
        ratios.ratio_lower_95,
        ratios.ratio_upper_95,
        ratios.z
    from measured
    left join ratios
        on {{ same_columns('measured', 'ratios', pair) }}

),

final as (

    select
        collection,
        collection_year,
        organisation_code,
        service,
        indicator_code,
        definition_version,
        breakdown,
        comparison_group,
        reference_group,
        comparator,
        comparator_organisations,
        others_x1 as comparator_numerator,
        others_n1 as comparator_denominator,
        others_x2 as comparator_reference_numerator,
        others_n2 as comparator_reference_denominator,
        comparator_relative_likelihood,
        comparator_lower_95,
        comparator_upper_95,
        relative_likelihood,
        lower_95,
        upper_95,
        ratio_to_comparator,
        ratio_lower_95,
        ratio_upper_95,
        {{ two_sided_p_value('z') }} as p_value,
        case
            when ratio_to_comparator is null then 'cannot say'
            -- Half an event added for a zero can point the other way than the values: then nothing is clear.
            when ratio_lower_95 > 1 and relative_likelihood > comparator_relative_likelihood then 'higher'
            when ratio_upper_95 < 1 and relative_likelihood < comparator_relative_likelihood then 'lower'
            else 'no clear difference'
        end as comparison,
        case
            when not_fit_note is not null then not_fit_note
            when n1 = 0 or n2 = 0 then 'no_base'
            when x2 = 0 then 'no_reference_events'
        end as value_note,
        case
            when comparator_organisations < {{ var('sum_least_organisations') }}
                then 'fewer_than_three_organisations'
            when others_n1 = 0 or others_n2 = 0 then 'no_base'
            when others_x2 = 0 then 'no_reference_events'
        end as comparator_note
    from compared

)

{{ kept_by_year('final') }}
