with

changes as (

    select * from {{ every_service('fct_year_on_year') }} as figures

),

areas as (

    select
        area_code,
        area_name,
        region_code
    from {{ ref('dim_area') }}

),

indicator_names as (

    select
        collection,
        indicator_code,
        max(indicator_name) as indicator_name
    from {{ ref('dim_indicator') }}
    group by
        collection,
        indicator_code

),

-- What is one row of both panels is two here.
panels as (

    {% for counted_in, panel in (("all", "all"), ("matched", "matched"), ("both", "all"), ("both", "matched")) -%}
    select
        '{{ counted_in }}' as counted_in,
        '{{ panel }}' as panel
    {%- if not loop.last %}

    union all

    {% endif -%}
    {% endfor %}

),

final as (

    select
        changes.collection,
        changes.collection_year,
        changes.previous_year,
        panels.panel,
        changes.area_level,
        changes.area_code,
        -- A common area of several organisations has no name of its own; its joint code stands for it.
        coalesce(areas.area_name, changes.area_code) as area_name,
        areas.region_code,
        changes.service,
        changes.definition,
        changes.indicator_code,
        indicator_names.indicator_name,
        changes.breakdown,
        changes.comparison_group,
        changes.reference_group,
        changes.numerator,
        changes.denominator,
        changes.reference_numerator,
        changes.reference_denominator,
        changes.previous_numerator,
        changes.previous_denominator,
        changes.previous_reference_numerator,
        changes.previous_reference_denominator,
        changes.relative_likelihood,
        changes.previous_relative_likelihood,
        changes.ratio_of_ratios,
        changes.lower_95,
        changes.upper_95,
        changes.p_value,
        changes.rate_change,
        changes.rate_change_lower_95,
        changes.rate_change_upper_95,
        changes.reference_rate_change,
        changes.reference_rate_change_lower_95,
        changes.reference_rate_change_upper_95,
        changes.change,
        changes.comparability_note,
        changes.organisations,
        changes.previous_organisations
    from changes
    inner join panels
        on changes.panel = panels.counted_in
    inner join indicator_names
        on
            changes.collection = indicator_names.collection
            and changes.indicator_code = indicator_names.indicator_code
    left join areas
        on changes.area_code = areas.area_code

)

select * from final
