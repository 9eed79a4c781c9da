with

source as (

    select * from {{ ref('fct_figure_issue') }}

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
        source.severity,
        source.rule_code,
        source.file_name,
        source.sheet,
        source.cell,
        source.message,
        source.what_to_do,
        source.submission_id
    from source
    left join areas
        on source.area_code = areas.area_code

)

select * from final
