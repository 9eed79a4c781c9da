-- The checks of the counts, dates and records of current returns from all families of rules. A view: they are written
-- once, as their families' tables.
{{ config(materialized='view') }}
{%- set families = ("cell", "column", "rate", "service", "year", "outside", "cover", "record") %}
with

rules as (

    select
        rule_code,
        first_year,
        coalesce(last_year, 9999) as last_year
    from {{ ref('rule') }}

),

versions as (

    select
        submission_id,
        collection,
        organisation_code,
        service
    from {{ ref('submission_version') }}
    where collection = 'sc-wres'

),

checks as (

    {% for family in families -%}
    select * from {{ ref('int_return_check_' ~ family) }}
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}

),

final as (

    select
        versions.collection,
        checks.collection_year,
        versions.organisation_code,
        versions.service,
        checks.submission_id,
        checks.rule_code,
        checks.sheet,
        checks.cell,
        checks.subject,
        checks.value_text,
        checks.is_broken,
        checks.part_1,
        checks.part_2,
        checks.part_3,
        checks.part_4,
        checks.part_5,
        checks.checks
    from checks
    inner join versions
        on checks.submission_id = versions.submission_id
    inner join rules
        on checks.rule_code = rules.rule_code
    where checks.collection_year between coalesce(rules.first_year, checks.collection_year) and rules.last_year

)

select * from final
