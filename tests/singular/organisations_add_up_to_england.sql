-- In the standard England is its regions and, once, the participants without an area.
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator", "organisations") %}
with

figures as (

    select figures.*
    from {{ every_service('fct_indicator') }} as figures
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

added as (

    select
        {% for measure in measures -%}
        sum(case when area_level = 'national' then {{ measure }} end) as england_{{ measure }},
        sum(case when area_level != 'national' then {{ measure }} end) as added_{{ measure }},
        {% endfor -%}
        collection_year,
        service,
        definition,
        indicator_code,
        definition_version,
        breakdown,
        comparison_group,
        reference_group
    from placed
    group by
        collection_year,
        service,
        definition,
        indicator_code,
        definition_version,
        breakdown,
        comparison_group,
        reference_group

),

final as (

    select * from added
    where
        {% for measure in measures -%}
        coalesce(england_{{ measure }}, -1) != coalesce(added_{{ measure }}, -1)
        or {% endfor -%}
        false

)

select * from final
