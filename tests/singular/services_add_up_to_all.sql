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
    from {{ every_service('fct_indicator') }} as figures
    where collection in (select collections.collection from collections) and {{ is_year_to_build() }}

),

-- What 'all' has above the services, measure by measure.
added as (

    select
        key_hash,
        {% for measure in measures -%}
        sum(case when service = 'all' then {{ measure }} else -{{ measure }} end) as {{ measure }}_above,
        {% endfor -%}
        count(case when service = 'all' then numerator + reference_numerator end) as has_all,
        count(case when service != 'all' then numerator + reference_numerator end) as services_counted,
        count(case when service = 'all' then denominator + reference_denominator end) as has_all_bases,
        count(case when service != 'all' then denominator + reference_denominator end) as bases_counted,
        min(case when area_level = 'organisation' then 1 else 0 end) as is_organisation
    from figures
    group by key_hash

),

wrong as (

    select * from added
    where
        (
            has_all >= 1
            and (
                services_counted = 0
                or has_all_bases = 0
                or bases_counted = 0
                {% for measure in measures -%}
                or {{ measure }}_above != 0
                {% endfor -%}
            )
        )
        or (has_all = 0 and services_counted > 0 and is_organisation = 0)

),

final as (

    select
        {{ key | join(',\n        ') }},
        service,
        {{ measures | join(',\n        ') }}
    from {{ every_service('fct_indicator') }} as figures
    where {{ row_hash(key) }} in (select wrong.key_hash from wrong) and {{ is_year_to_build() }}

)

select * from final
