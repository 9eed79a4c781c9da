-- Every table of four counts that stands behind a figure or a change, measured and tested once: a build of some years
-- adds those that are not there yet.
{{ config(materialized=kept_materialization()) }}
{%- set table = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

figures as (

    select * from {{ ref('int_indicator_counts') }}
    where {{ is_year_to_build() }}

),

changes as (

    select * from {{ ref('int_year_on_year_counts') }}
    where {{ is_year_to_build() }}

),

needed as (

    select
        {{ table | join(',\n        ') }}
    from figures

    union

    select
        {{ table | join(',\n        ') }}
    from changes

    union

    select
        previous_numerator as numerator,
        previous_denominator as denominator,
        previous_reference_numerator as reference_numerator,
        previous_reference_denominator as reference_denominator
    from changes

),

final as (

    {{ measured_once('needed') | indent(4) }}

)

select * from final
