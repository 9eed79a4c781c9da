-- Which organisations' figures are unfit to be used, or to be used with care, and why?
with

latest as (

    select
        collection,
        max(collection_year) as collection_year
    from {{ ref('fitness') }}
    group by collection

)

select
    fitness.collection,
    fitness.collection_year,
    fitness.area_name,
    fitness.service,
    fitness.indicator_code,
    fitness.fitness,
    fitness.fitness_reason,
    round(fitness.declaration_rate, 3) as declaration_rate,
    round(fitness.response_rate, 3) as response_rate,
    fitness.errors,
    fitness.queries,
    fitness.rules_broken
from {{ ref('fitness') }} as fitness
inner join latest
    on
        fitness.collection = latest.collection
        and fitness.collection_year = latest.collection_year
where fitness.fitness != 'fit'
order by
    fitness.collection,
    fitness.fitness,
    fitness.area_name,
    fitness.service,
    fitness.indicator_code
