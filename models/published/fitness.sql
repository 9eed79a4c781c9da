with

source as (

    select * from {{ ref('fct_fitness') }}

),

areas as (

    select
        area_code,
        area_name
    from {{ ref('dim_area') }}

),

final as (

    select
        source.collection,
        source.collection_year,
        source.area_code,
        areas.area_name,
        source.service,
        source.indicator_code,
        source.fitness,
        source.fitness_reason,
        source.declaration_rate,
        source.response_rate,
        source.errors,
        source.queries,
        source.rules_broken
    from source
    left join areas
        on source.area_code = areas.area_code

)

select * from final
