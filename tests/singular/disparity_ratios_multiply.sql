-- From the lower to the upper third is from lower to middle times from middle to upper, where no half was added.
with

ratios as (

    select
        collection,
        collection_year,
        area_level,
        area_code,
        service,
        ladder,
        comparison_group,
        {%- for step in ("lower to middle", "middle to upper", "lower to upper") %}
        max(case when step = '{{ step }}' then value end) as {{ step | replace(" ", "_") }},
        {%- endfor %}
        count(case when value is not null and value_note is null then 1 end) as counted
    from {{ ref('fct_pay_progression') }}
    where measure = 'disparity ratio'
    group by
        collection,
        collection_year,
        area_level,
        area_code,
        service,
        ladder,
        comparison_group

),

final as (

    select * from ratios
    where counted = 3 and abs(lower_to_middle * middle_to_upper - lower_to_upper) > 1e-9 * lower_to_upper

)

select * from final
