{%- set current = {
    "x1": "x1", "n1": "n1", "x2": "x2", "n2": "n2",
    "rr": "relative_likelihood", "lower": "mn_lower", "upper": "mn_upper",
} %}
{%- set previous = {
    "x1": "previous_x1", "n1": "previous_n1", "x2": "previous_x2", "n2": "previous_n2",
    "rr": "previous_relative_likelihood", "lower": "previous_mn_lower", "upper": "previous_mn_upper",
} %}
{%- set pair = (
    "x1", "n1", "x2", "n2", "previous_x1", "previous_n1", "previous_x2", "previous_n2",
) %}
{%- set span = ("numerator", "denominator", "previous_numerator", "previous_denominator") %}
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
    from {{ ref('collection_year') }} as years
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

-- A figure that is not fit is compared with nothing; its counts and rates stay.
judged as (

    select
        counts.*,
        coalesce(not_fit_now.is_not_fit, false) as is_not_fit,
        coalesce(not_fit_before.is_not_fit, false) as was_not_fit
    from counts
    left join not_fit as not_fit_now
        on
            counts.collection = not_fit_now.collection
            and counts.collection_year = not_fit_now.collection_year
            and counts.area_level = not_fit_now.area_level
            and counts.area_code = not_fit_now.area_code
            and counts.service = not_fit_now.service
            and counts.indicator_code = not_fit_now.indicator_code
    left join not_fit as not_fit_before
        on
            counts.collection = not_fit_before.collection
            and counts.previous_year = not_fit_before.collection_year
            and counts.area_level = not_fit_before.area_level
            and counts.area_code = not_fit_before.area_code
            and counts.service = not_fit_before.service
            and counts.indicator_code = not_fit_before.indicator_code

),

used as (

    select
        *,
        case when not is_not_fit then numerator end as x1,
        denominator as n1,
        reference_numerator as x2,
        reference_denominator as n2,
        case when not was_not_fit then previous_numerator end as previous_x1,
        previous_denominator as previous_n1,
        previous_reference_numerator as previous_x2,
        previous_reference_denominator as previous_n2
    from judged

),

measured as (

    select
        used.*,
        current_tables.lower_95 as mn_lower,
        current_tables.upper_95 as mn_upper,
        previous_tables.lower_95 as previous_mn_lower,
        previous_tables.upper_95 as previous_mn_upper,
        current_tables.relative_likelihood,
        previous_tables.relative_likelihood as previous_relative_likelihood
    from used
    left join tables as current_tables
        on
            used.x1 = current_tables.numerator
            and used.n1 = current_tables.denominator
            and used.x2 = current_tables.reference_numerator
            and used.n2 = current_tables.reference_denominator
    left join tables as previous_tables
        on
            used.previous_x1 = previous_tables.numerator
            and used.previous_n1 = previous_tables.denominator
            and used.previous_x2 = previous_tables.reference_numerator
            and used.previous_n2 = previous_tables.reference_denominator

),

-- Where either year has no relative likelihood there is nothing to compare: half an event added would invent one. Many
-- figures have the same counts in both years, such as an organisation's in both panels: they are compared once.
pairs as (

    select distinct
        {{ pair | join(',\n        ') }},
        relative_likelihood,
        mn_lower,
        mn_upper,
        previous_relative_likelihood,
        previous_mn_lower,
        previous_mn_upper
    from measured
    where relative_likelihood is not null and previous_relative_likelihood is not null

),

ratios as (

    select
        *,
        {{ ratio_of_ratios(previous, current) }} as ratio_of_ratios,
        {{ ratio_of_ratios_lower(previous, current) }} as lower_95,
        {{ ratio_of_ratios_upper(previous, current) }} as upper_95,
        {{ ratio_of_ratios_z(previous, current) }} as z
    from pairs

),

compared as (

    select
        *,
        {{ two_sided_p_value('z') }} as p_value,
        {{ change_class(previous, current, 'lower_95', 'upper_95') | indent(8) }} as change
    from ratios

),

-- The same for the rates of a group: the reference group's are those of every group compared with it.
rates as (

    {% for group in ("", "reference_") -%}
    select
        {{ group ~ "numerator" }} as numerator,
        {{ group ~ "denominator" }} as denominator,
        {{ "previous_" ~ group ~ "numerator" }} as previous_numerator,
        {{ "previous_" ~ group ~ "denominator" }} as previous_denominator
    from counts
    {%- if not loop.last %}

    union

    {% endif -%}
    {% endfor %}

),

rate_changes as (

    select
        *,
        {{ rate("numerator", "denominator") }}
        - {{ rate("previous_numerator", "previous_denominator") }} as rate_change,
        {{ newcombe_difference_lower(*span) }} as rate_change_lower_95,
        {{ newcombe_difference_upper(*span) }} as rate_change_upper_95
    from rates

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
        measured.collection,
        measured.collection_year,
        measured.area_level,
        measured.area_code,
        measured.service,
        measured.definition,
        measured.indicator_code,
        measured.breakdown,
        measured.comparison_group,
        measured.reference_group,
        measured.previous_year,
        measured.panel,
        measured.numerator,
        measured.denominator,
        measured.reference_numerator,
        measured.reference_denominator,
        measured.previous_numerator,
        measured.previous_denominator,
        measured.previous_reference_numerator,
        measured.previous_reference_denominator,
        measured.relative_likelihood,
        measured.previous_relative_likelihood,
        compared.ratio_of_ratios,
        compared.lower_95,
        compared.upper_95,
        compared.p_value,
        {% for group in ("", "reference_") -%}
        {% for column in ("rate_change", "rate_change_lower_95", "rate_change_upper_95") -%}
        {{ group ~ "rate_changes" }}.{{ column }} as {{ group ~ column }},
        {% endfor -%}
        {% endfor -%}
        case
            when breaks.break_note is not null or own_pay_bands.pay_band is not null then 'cannot say'
            else coalesce(compared.change, 'cannot say')
        end as change,
        case
            when breaks.break_note is not null then breaks.break_note
            when own_pay_bands.pay_band is not null
                then 'The organisation''s own pay bands, which may have moved between the two years.'
            when measured.is_not_fit
                then
                    'Not fit to be used in ' || cast(measured.collection_year as {{ varchar() }})
                    || '; the table fitness says why.'
            when measured.was_not_fit
                then
                    'Not fit to be used in ' || cast(measured.previous_year as {{ varchar() }})
                    || '; the table fitness says why.'
            when measured.relative_likelihood is null
                then
                    'No relative likelihood in ' || cast(measured.collection_year as {{ varchar() }})
                    || '; value_note in indicator says why.'
            when measured.previous_relative_likelihood is null and taken_over.organisation_code is not null
                then
                    'The area or its code changed since ' || cast(measured.previous_year as {{ varchar() }})
                    || '; the matched panel compares it where it can.'
            when measured.previous_relative_likelihood is null
                then
                    'No relative likelihood for this area and group in '
                    || cast(measured.previous_year as {{ varchar() }}) || '.'
        end as comparability_note,
        measured.organisations,
        measured.previous_organisations
    from measured
    left join compared
        on {{ same_columns('measured', 'compared', pair) }}
    {% for group in ("", "reference_") -%}
    left join rate_changes as {{ group ~ "rate_changes" }}
        on
            measured.{{ group ~ "numerator" }} = {{ group ~ "rate_changes" }}.numerator
            and measured.{{ group ~ "denominator" }} = {{ group ~ "rate_changes" }}.denominator
            and measured.{{ "previous_" ~ group ~ "numerator" }} = {{ group ~ "rate_changes" }}.previous_numerator
            and measured.{{ "previous_" ~ group ~ "denominator" }} = {{ group ~ "rate_changes" }}.previous_denominator
    {% endfor -%}
    left join breaks
        on
            measured.definition = breaks.definition
            and measured.collection = breaks.collection
            and measured.collection_year = breaks.collection_year
            and measured.indicator_code = breaks.indicator_code
    left join own_pay_bands
        on measured.breakdown = own_pay_bands.pay_band
    left join taken_over
        on
            measured.panel = taken_over.panel
            and measured.collection = taken_over.collection
            and measured.collection_year = taken_over.collection_year
            and measured.service = taken_over.service
            and measured.area_code = taken_over.organisation_code

)

{{ kept_by_year('final') }}
