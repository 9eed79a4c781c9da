-- The first stage times the second is the whole, wherever each of them has a relative likelihood.
with

chains as (

    select
        collection,
        collection_year,
        area_level,
        area_code,
        service,
        chain,
        comparison_group,
        {%- for stage in ("first", "second", "whole") %}
        max(case when stage = '{{ stage }}' then relative_likelihood end) as {{ stage }}_stage,
        {%- endfor %}
        count(distinct organisations) as numbers_of_organisations
    from {{ ref('fct_stage') }}
    where {{ is_year_to_build() }}
    group by
        collection,
        collection_year,
        area_level,
        area_code,
        service,
        chain,
        comparison_group

),

final as (

    select * from chains
    where
        abs(first_stage * second_stage - whole_stage) > 1e-9 * greatest(whole_stage, 1)
        or numbers_of_organisations != 1

)

select * from final
