-- 'all' is the sum of the services: what was returned for regions and England, each service for an organisation.
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

figures as (

    select figures.*
    from {{ ref('fct_indicator') }} as figures
    inner join {{ ref('collection') }} as collections
        on
            figures.collection = collections.collection
            and collections.service is null
    where {{ is_year_to_build('figures.collection_year') }}

),

added as (

    select
        collection,
        collection_year,
        area_level,
        area_code,
        definition,
        indicator_code,
        definition_version,
        breakdown,
        comparison_group,
        reference_group,
        {% for measure in measures -%}
        sum(case when service = 'all' then {{ measure }} end) as all_{{ measure }},
        sum(case when service != 'all' then {{ measure }} end) as added_{{ measure }},
        {% endfor -%}
        count(case when service = 'all' then numerator + reference_numerator end) as has_all,
        count(case when service != 'all' then numerator + reference_numerator end) as services_counted
    from figures
    group by
        collection,
        collection_year,
        area_level,
        area_code,
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
        (has_all = 1 and coalesce(all_{{ measure }}, -1) != coalesce(added_{{ measure }}, -1))
        or {% endfor -%}
        (has_all = 0 and services_counted > 0 and area_level != 'organisation')

)

select * from final
