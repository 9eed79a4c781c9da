{%- set current = {
    "x1": "x1", "n1": "n1", "x2": "x2", "n2": "n2",
    "rr": "relative_likelihood", "lower": "mn_lower", "upper": "mn_upper",
} %}
{%- set previous = {
    "x1": "previous_x1", "n1": "previous_n1", "x2": "previous_x2", "n2": "previous_n2",
    "rr": "previous_relative_likelihood", "lower": "previous_mn_lower", "upper": "previous_mn_upper",
} %}
with

counts as (

    select
        *,
        numerator as x1,
        denominator as n1,
        reference_numerator as x2,
        reference_denominator as n2,
        previous_numerator as previous_x1,
        previous_denominator as previous_n1,
        previous_reference_numerator as previous_x2,
        previous_reference_denominator as previous_n2
    from {{ ref('int_year_on_year_counts') }}

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

own_pay_bands as (

    select pay_band
    from {{ ref('pay_band_register') }}
    where scheme = 'own'

),

breaks as (

    select
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

measured as (

    select
        *,
        {% for prefix in ("", "previous_") -%}
        {%- set table = (prefix ~ "x1", prefix ~ "n1", prefix ~ "x2", prefix ~ "n2") -%}
        {{ relative_likelihood(*table) }} as {{ prefix }}relative_likelihood,
        {{ miettinen_nurminen_lower(*table) }} as {{ prefix }}mn_lower,
        {{ miettinen_nurminen_upper(*table) }} as {{ prefix }}mn_upper,
        {{ walter_log_ratio(*table) }} as {{ prefix }}walter_log,
        {% endfor -%}
        0 in (x1, x2, previous_x1, previous_x2) as has_zero
    from counts

),

compared as (

    select
        *,
        case
            when has_zero then walter_log
            else {{ natural_log('relative_likelihood') }}
        end as current_log,
        case
            when has_zero then previous_walter_log
            else {{ natural_log('previous_relative_likelihood') }}
        end as previous_log,
        {{ ratio_of_ratios(previous, current) }} as ratio_of_ratios,
        {{ ratio_of_ratios_lower(previous, current) }} as lower_95,
        {{ ratio_of_ratios_upper(previous, current) }} as upper_95,
        {{ ratio_of_ratios_z(previous, current) }} as z
    from measured

),

final as (

    select
        compared.collection,
        compared.collection_year,
        compared.area_level,
        compared.area_code,
        compared.service,
        compared.indicator_code,
        compared.breakdown,
        compared.comparison_group,
        compared.reference_group,
        compared.previous_year,
        compared.panel,
        compared.numerator,
        compared.denominator,
        compared.reference_numerator,
        compared.reference_denominator,
        compared.previous_numerator,
        compared.previous_denominator,
        compared.previous_reference_numerator,
        compared.previous_reference_denominator,
        compared.relative_likelihood,
        compared.previous_relative_likelihood,
        compared.ratio_of_ratios,
        compared.lower_95,
        compared.upper_95,
        {{ two_sided_p_value('compared.z') }} as p_value,
        case
            when breaks.break_note is not null or own_pay_bands.pay_band is not null then 'cannot say'
            else {{ change_class(
                'compared.previous_log', 'compared.current_log', 'compared.lower_95', 'compared.upper_95'
            ) | indent(12) }}
        end as change,
        case
            when breaks.break_note is not null then breaks.break_note
            when own_pay_bands.pay_band is not null
                then 'The organisation''s own pay bands, which may have moved between the two years.'
            when compared.previous_organisations = 0
                then 'No figure for this area and group in ' || cast(compared.previous_year as varchar) || '.'
            when compared.walter_log is null
                then
                    'The counts of ' || cast(compared.collection_year as varchar)
                    || ' allow no comparison; value_note in indicator says why.'
            when compared.previous_walter_log is null
                then
                    'The counts of ' || cast(compared.previous_year as varchar)
                    || ' allow no comparison; value_note in indicator says why.'
        end as comparability_note,
        compared.organisations,
        compared.previous_organisations
    from compared
    left join breaks
        on
            compared.collection = breaks.collection
            and compared.collection_year = breaks.collection_year
            and compared.indicator_code = breaks.indicator_code
    left join own_pay_bands
        on compared.breakdown = own_pay_bands.pay_band

)

select * from final
