-- Of an organisation with one service they stand with that service: whoever reads them has to ask for both.
{%- set figure = ("collection", "collection_year", "area_code", "definition", "indicator_code") %}
with

collections as (

    select collection
    from {{ ref('collection') }}
    where service is null

),

headlines as (

    select
        {{ figure | join(',\n        ') }},
        service
    from {{ ref('indicator') }}
    where
        area_level = 'organisation'
        and breakdown = 'all'
        and comparison_group = 'minority_ethnic'
        and reference_group = 'white'
        and collection in (select collections.collection from collections)
        and {{ is_year_to_build() }}

),

final as (

    select
        {{ figure | join(',\n        ') }},
        count(*) as services
    from headlines
    group by
        {{ figure | join(',\n        ') }}
    having count(case when service = 'all' then 1 end) != 1 or count(*) < 2

)

select * from final
