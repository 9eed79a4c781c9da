{%- set current = {
    "x1": "x1", "n1": "n1", "x2": "x2", "n2": "n2",
    "rr": "relative_likelihood", "lower": "mn_lower", "upper": "mn_upper",
} %}
{%- set previous = {
    "x1": "previous_x1", "n1": "previous_n1", "x2": "previous_x2", "n2": "previous_n2",
    "rr": "previous_relative_likelihood", "lower": "previous_mn_lower", "upper": "previous_mn_upper",
} %}
{%- set measures = {
    "numerator": "x1", "denominator": "n1", "reference_numerator": "x2", "reference_denominator": "n2",
} %}
{%- set counted = measures | list + [
    "previous_numerator", "previous_denominator", "previous_reference_numerator", "previous_reference_denominator",
] %}
{%- set figure = (
    "collection", "collection_year", "area_level", "area_code", "service", "definition", "indicator_code", "breakdown",
    "comparison_group", "reference_group", "previous_year", "panel",
) %}
{%- set comparable_area = ("collection", "collection_year", "service", "comparable_area") %}
{%- set rate_changes = (
    "rate_change", "rate_change_lower_95", "rate_change_upper_95",
    "reference_rate_change", "reference_rate_change_lower_95", "reference_rate_change_upper_95",
) %}
with

counts as (

    select * from {{ ref('int_year_on_year_counts') }}
    where {{ is_year_to_build() }}

),

tables as (

    select * from {{ ref('int_relative_likelihood') }}

),

-- Every join is by equality alone, so that engines can hash it.
not_fit as (

    select
        collection,
        collection_year,
        'organisation' as area_level,
        area_code,
        service,
        indicator_code,
        true as is_not_fit
    from {{ ref('fct_fitness') }}
    where fitness = 'not fit'

),

definitions as (

    select
        collection,
        indicator_code,
        first_year,
        break_note
    from {{ ref('indicator_register') }}
    where breaks_with_previous

),

comparable_areas as (

    select * from {{ ref('int_comparable_area') }}
    where {{ is_year_to_build() }}

),

organisations as (

    select
        organisation_code,
        region_code
    from {{ ref('organisation') }}

),

years as (

    select
        collection,
        collection_year,
        previous_year
    from {{ ref('collection_year') }}

),

current_areas as (

    {{ reporting_now('comparable_areas', 'organisations') | indent(4) }}

),

-- The matched panel has a common area under the codes of now: it is not fit in a year in which one of those who
-- reported for it then is not.
common_areas_not_fit as (

    select
        'matched' as panel,
        not_fit.area_level,
        current_areas.collection,
        current_areas.collection_year,
        current_areas.service,
        current_areas.area_code,
        not_fit.indicator_code,
        max(case when comparable_areas.side = 'current' then 1 else 0 end) = 1 as is_not_fit,
        max(case when comparable_areas.side = 'previous' then 1 else 0 end) = 1 as was_not_fit
    from current_areas
    inner join comparable_areas
        on {{ same_columns('current_areas', 'comparable_areas', comparable_area) }}
    inner join years
        on
            comparable_areas.collection = years.collection
            and comparable_areas.collection_year = years.collection_year
    inner join not_fit
        on
            comparable_areas.collection = not_fit.collection
            and comparable_areas.organisation_code = not_fit.area_code
            and comparable_areas.service = not_fit.service
            and not_fit.collection_year = case
                when comparable_areas.side = 'current' then years.collection_year
                else years.previous_year
            end
    where comparable_areas.organisation_code != current_areas.area_code
    group by
        not_fit.area_level,
        current_areas.collection,
        current_areas.collection_year,
        current_areas.service,
        current_areas.area_code,
        not_fit.indicator_code

),

own_pay_bands as (

    select pay_band
    from {{ ref('pay_band_register') }}
    where scheme = 'own'

),

breaks as (

    select
        'as_collected' as definition,
        years.collection,
        years.collection_year,
        definitions.indicator_code,
        {{ dbt.listagg("definitions.break_note", "' '", "order by definitions.first_year") }} as break_note
    from years
    inner join definitions
        on
            years.collection = definitions.collection
            and years.previous_year < definitions.first_year
            and years.collection_year >= definitions.first_year
    group by
        years.collection,
        years.collection_year,
        definitions.indicator_code

),

measured as (

    select
        counts.*,
        current_tables.lower_95 as mn_lower,
        current_tables.upper_95 as mn_upper,
        previous_tables.lower_95 as previous_mn_lower,
        previous_tables.upper_95 as previous_mn_upper,
        current_tables.relative_likelihood,
        previous_tables.relative_likelihood as previous_relative_likelihood
    from counts
    left join tables as current_tables
        on
            counts.numerator = current_tables.numerator
            and counts.denominator = current_tables.denominator
            and counts.reference_numerator = current_tables.reference_numerator
            and counts.reference_denominator = current_tables.reference_denominator
    left join tables as previous_tables
        on
            counts.previous_numerator = previous_tables.numerator
            and counts.previous_denominator = previous_tables.denominator
            and counts.previous_reference_numerator = previous_tables.reference_numerator
            and counts.previous_reference_denominator = previous_tables.reference_denominator

),

-- Where either year has no relative likelihood there is nothing to compare: half an event added would invent one.
comparable as (

    select
        {% for year in ("", "previous_") -%}
        {% for measure, count in measures.items() -%}
        case
            when measured.relative_likelihood is not null and measured.previous_relative_likelihood is not null
                then measured.{{ year ~ measure }}
        end as {{ year ~ count }},
        {% endfor -%}
        {% endfor -%}
        measured.*
    from measured

),

ratios as (

    select
        *,
        {{ ratio_of_ratios(previous, current) }} as ratio_of_ratios,
        {{ ratio_of_ratios_lower(previous, current) }} as lower_95,
        {{ ratio_of_ratios_upper(previous, current) }} as upper_95,
        {{ ratio_of_ratios_z(previous, current) }} as z
    from comparable

),

-- Rates change whether or not there is a likelihood to compare.
compared as (

    select
        *,
        {{ two_sided_p_value('z') }} as p_value,
        {{ change_class(previous, current, 'lower_95', 'upper_95') | indent(8) }} as change
        {%- for group in ("", "reference_") %}
        {%- set span = (
            group ~ "numerator", group ~ "denominator",
            "previous_" ~ group ~ "numerator", "previous_" ~ group ~ "denominator",
        ) %},
        {{ rate(span[0], span[1]) }}
        - {{ rate(span[2], span[3]) }} as {{ group }}rate_change,
        {{ newcombe_difference_lower(*span) }} as {{ group }}rate_change_lower_95,
        {{ newcombe_difference_upper(*span) }} as {{ group }}rate_change_upper_95
        {%- endfor %}
    from ratios

),

fitted as (

    select
        compared.*,
        coalesce(not_fit_now.is_not_fit, common_areas_not_fit.is_not_fit, false) as is_not_fit,
        coalesce(not_fit_before.is_not_fit, common_areas_not_fit.was_not_fit, false) as was_not_fit
    from compared
    left join not_fit as not_fit_now
        on
            compared.collection = not_fit_now.collection
            and compared.collection_year = not_fit_now.collection_year
            and compared.area_level = not_fit_now.area_level
            and compared.area_code = not_fit_now.area_code
            and compared.service = not_fit_now.service
            and compared.indicator_code = not_fit_now.indicator_code
    left join not_fit as not_fit_before
        on
            compared.collection = not_fit_before.collection
            and compared.previous_year = not_fit_before.collection_year
            and compared.area_level = not_fit_before.area_level
            and compared.area_code = not_fit_before.area_code
            and compared.service = not_fit_before.service
            and compared.indicator_code = not_fit_before.indicator_code
    left join common_areas_not_fit
        on
            compared.panel = common_areas_not_fit.panel
            and compared.collection = common_areas_not_fit.collection
            and compared.collection_year = common_areas_not_fit.collection_year
            and compared.area_level = common_areas_not_fit.area_level
            and compared.area_code = common_areas_not_fit.area_code
            and compared.service = common_areas_not_fit.service
            and compared.indicator_code = common_areas_not_fit.indicator_code

),

-- A figure that is not fit is compared with nothing; its counts and rates stay.
judged as (

    select
        {{ figure | join(',\n        ') }},
        {{ counted | join(',\n        ') }},
        {{ rate_changes | join(',\n        ') }},
        case when not is_not_fit then relative_likelihood end as relative_likelihood,
        case when not was_not_fit then previous_relative_likelihood end as previous_relative_likelihood,
        {% for column in ("ratio_of_ratios", "lower_95", "upper_95", "p_value", "change") -%}
        case when not is_not_fit and not was_not_fit then {{ column }} end as {{ column }},
        {% endfor -%}
        organisations,
        previous_organisations,
        is_all_services,
        is_not_fit,
        was_not_fit
    from fitted

),

-- Organisations that took over an area: the year before it had another code, or several.
taken_over as (

    select distinct
        'all' as panel,
        later.collection,
        later.collection_year,
        later.service,
        later.organisation_code
    from comparable_areas as later
    inner join comparable_areas as earlier
        on
            later.collection = earlier.collection
            and later.collection_year = earlier.collection_year
            and later.service = earlier.service
            and later.comparable_area = earlier.comparable_area
            and later.organisation_code != earlier.organisation_code
    where
        later.side = 'current'
        and earlier.side = 'previous'

),

final as (

    select
        judged.{{ figure | join(',\n        judged.') }},
        judged.{{ counted | join(',\n        judged.') }},
        judged.relative_likelihood,
        judged.previous_relative_likelihood,
        judged.ratio_of_ratios,
        judged.lower_95,
        judged.upper_95,
        judged.p_value,
        judged.{{ rate_changes | join(',\n        judged.') }},
        case
            when breaks.break_note is not null or own_pay_bands.pay_band is not null then 'cannot say'
            else coalesce(judged.change, 'cannot say')
        end as change,
        case
            when breaks.break_note is not null then breaks.break_note
            when own_pay_bands.pay_band is not null
                then 'The organisation''s own pay bands, which may have moved between the two years.'
            when judged.is_not_fit
                then
                    'Not fit to be used in ' || cast(judged.collection_year as {{ varchar() }})
                    || '; the table fitness says why.'
            when judged.was_not_fit
                then
                    'Not fit to be used in ' || cast(judged.previous_year as {{ varchar() }})
                    || '; the table fitness says why.'
            when judged.relative_likelihood is null
                then
                    'No relative likelihood in ' || cast(judged.collection_year as {{ varchar() }})
                    || '; value_note in indicator says why.'
            when judged.previous_relative_likelihood is null and taken_over.organisation_code is not null
                then
                    'The area or its code changed since ' || cast(judged.previous_year as {{ varchar() }})
                    || '; the matched panel compares it where it can.'
            when judged.previous_relative_likelihood is null
                then
                    'No relative likelihood for this area and group in '
                    || cast(judged.previous_year as {{ varchar() }}) || '.'
        end as comparability_note,
        judged.organisations,
        judged.previous_organisations,
        judged.is_all_services
    from judged
    left join breaks
        on
            judged.definition = breaks.definition
            and judged.collection = breaks.collection
            and judged.collection_year = breaks.collection_year
            and judged.indicator_code = breaks.indicator_code
    left join own_pay_bands
        on judged.breakdown = own_pay_bands.pay_band
    left join taken_over
        on
            judged.panel = taken_over.panel
            and judged.collection = taken_over.collection
            and judged.collection_year = taken_over.collection_year
            and judged.service = taken_over.service
            and judged.area_code = taken_over.organisation_code

)

{{ kept_by_year('final') }}
