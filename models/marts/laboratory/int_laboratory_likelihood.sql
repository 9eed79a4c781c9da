-- The same for every variant of the metric laboratory as for the figures in force.
{{ config(materialized=kept_materialization()) }}
with

needed as (

    select distinct
        numerator,
        denominator,
        reference_numerator,
        reference_denominator
    from {{ ref('int_laboratory_counts') }}
    where {{ is_year_to_build() }}

),

final as (

    {{ measured_once('needed') | indent(4) }}

)

select * from final
