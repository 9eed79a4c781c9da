-- 'all' is the sum of the services: what was returned for regions and England, each service for an organisation.
-- What the counts are of is told apart by one number: where two shared it, the sum would be too large and be told.
{%- set key = (
    "collection", "collection_year", "area_level", "area_code", "definition", "indicator_code", "definition_version",
    "breakdown", "comparison_group", "reference_group",
) %}
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

collections as (

    select collection
    from {{ ref('collection') }}
    where service is null

),

figures as (

    select
        {{ row_hash(key) }} as key_hash,
        area_level,
        service,
        {{ measures | join(',\n        ') }}
    from {{ ref('fct_indicator') }}
    where collection in (select collections.collection from collections) and {{ is_year_to_build() }}

),

added as (

    select
        key_hash,
        max(area_level) as area_level,
        {% for measure in measures -%}
        sum(case when service = 'all' then {{ measure }} end) as all_{{ measure }},
        sum(case when service != 'all' then {{ measure }} end) as added_{{ measure }},
        {% endfor -%}
        count(case when service = 'all' then numerator + reference_numerator end) as has_all,
        count(case when service != 'all' then numerator + reference_numerator end) as services_counted
    from figures
    group by key_hash

),

wrong as (

    select * from added
    where
        {% for measure in measures -%}
        (has_all >= 1 and coalesce(all_{{ measure }}, -1) != coalesce(added_{{ measure }}, -1))
        or {% endfor -%}
        (has_all = 0 and services_counted > 0 and area_level != 'organisation')

),

final as (

    select
        {{ key | join(',\n        ') }},
        service,
        {{ measures | join(',\n        ') }}
    from {{ ref('fct_indicator') }}
    where {{ row_hash(key) }} in (select wrong.key_hash from wrong) and {{ is_year_to_build() }}

)

select * from final
