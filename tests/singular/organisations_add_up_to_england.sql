-- In the standard England is its regions and, once, the participants without an area.
{%- set key = (
    "collection", "collection_year", "service", "indicator_code", "definition_version", "breakdown",
    "comparison_group", "reference_group",
) %}
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator", "organisations") %}
with

figures as (

    select figures.*
    from {{ ref('fct_indicator') }} as figures
    left join {{ ref('pay_band_register') }} as bands
        on
            figures.breakdown = bands.pay_band
            and bands.scheme = 'own'
    where figures.collection = 'sc-wres' and bands.pay_band is null

),

placed as (

    select figures.*
    from figures
    left join {{ ref('organisation') }} as organisations
        on figures.area_code = organisations.organisation_code
    where
        figures.area_level in ('region', 'national')
        or (
            organisations.region_code is null
            and figures.numerator <= figures.denominator
            and figures.reference_numerator <= figures.reference_denominator
        )

),

final as (

    select
        {{ key | join(',\n        ') }},
        {% for measure in measures -%}
        sum(case when area_level = 'national' then {{ measure }} end) as england_{{ measure }},
        sum(case when area_level != 'national' then {{ measure }} end) as added_{{ measure }}{{ "," if not loop.last }}
        {% endfor %}
    from placed
    group by
        {{ key | join(',\n        ') }}
    having
        {% for measure in measures -%}
        {{ "or " if not loop.first -}}
        coalesce(sum(case when area_level = 'national' then {{ measure }} end), -1)
        != coalesce(sum(case when area_level != 'national' then {{ measure }} end), -1)
        {% endfor %}

)

select * from final
