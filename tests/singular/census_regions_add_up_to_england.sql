-- In a census year in which the authorities make every published figure the published regions make England, so that
-- London, whose two parts the publisher prints beside it as regions, counts once.
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

figures as (

    select * from {{ ref('fct_indicator') }}
    where
        collection = 'csww'
        and area_level in ('region', 'national')
        and counted_by = 'published'

),

-- What a file itself gets wrong is an issue, and no fault of the figures made from it.
years_that_differ as (

    select distinct collection_year
    from {{ ref('int_census_reconciliation') }}
    where difference != 0

),

organisations_without_region as (

    select distinct participation.collection_year
    from {{ ref('fct_participation') }} as participation
    inner join {{ ref('organisation') }} as organisations
        on participation.organisation_code = organisations.organisation_code
    where
        participation.collection = 'csww'
        and organisations.region_code is null

),

regions as (

    select area_code
    from {{ ref('area_register') }}
    where area_level = 'region'

),

final as (

    select
        figures.collection_year,
        figures.indicator_code,
        figures.breakdown,
        figures.comparison_group,
        {% for measure in measures -%}
        sum(case when figures.area_level = 'region' then figures.{{ measure }} end) as regions_{{ measure }},
        sum(case when figures.area_level = 'national' then figures.{{ measure }} end) as england_{{ measure }}
        {{- "," if not loop.last }}
        {% endfor %}
    from figures
    left join regions
        on figures.area_code = regions.area_code
    where
        figures.collection_year not in (select years_that_differ.collection_year from years_that_differ)
        and figures.collection_year not in (
            select organisations_without_region.collection_year from organisations_without_region
        )
    group by
        figures.collection_year,
        figures.indicator_code,
        figures.breakdown,
        figures.comparison_group
    having
        count(figures.numerator + figures.reference_numerator) = count(*)
        and count(distinct regions.area_code) = (select count(*) from regions)
        and count(case when figures.area_level = 'national' then 1 end) = 1
        and (
            {%- for measure in measures %}
            {{ "or " if not loop.first -}}
            sum(case when figures.area_level = 'region' then figures.{{ measure }} end)
            != sum(case when figures.area_level = 'national' then figures.{{ measure }} end)
            {%- endfor %}
        )

)

select * from final
