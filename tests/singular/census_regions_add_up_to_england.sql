-- In a census year in which the authorities make every published figure the published regions make England, so that
-- London, whose two parts the publisher prints beside it as regions, counts once.
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

figures as (

    select * from {{ every_service('fct_indicator') }} as figures
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

years_with_unplaced as (

    select distinct participation.collection_year
    from {{ ref('int_participation') }} as participation
    inner join {{ ref('organisation') }} as organisations
        on participation.organisation_code = organisations.organisation_code
    where
        participation.collection = 'csww'
        and organisations.region_code is null

),

register as (

    select area_code
    from {{ ref('area_register') }}
    where area_level = 'region'

),

regions_of_england as (

    select count(*) as regions
    from register

),

added as (

    select
        {% for measure in measures -%}
        sum(case when figures.area_level = 'region' then figures.{{ measure }} end) as regions_{{ measure }},
        sum(case when figures.area_level = 'national' then figures.{{ measure }} end) as england_{{ measure }},
        {% endfor -%}
        figures.collection_year,
        figures.service,
        figures.definition,
        figures.indicator_code,
        figures.breakdown,
        figures.comparison_group,
        figures.reference_group,
        count(case when figures.numerator is null or figures.reference_numerator is null then 1 end) as gaps,
        count(case when figures.area_level = 'national' then 1 end) as england_rows,
        count(distinct register.area_code) as regions_there
    from figures
    left join register
        on figures.area_code = register.area_code
    left join years_that_differ
        on figures.collection_year = years_that_differ.collection_year
    left join years_with_unplaced
        on figures.collection_year = years_with_unplaced.collection_year
    where
        years_that_differ.collection_year is null
        and years_with_unplaced.collection_year is null
    group by
        figures.collection_year,
        figures.service,
        figures.definition,
        figures.indicator_code,
        figures.breakdown,
        figures.comparison_group,
        figures.reference_group

),

final as (

    select added.*
    from added
    cross join regions_of_england
    where
        added.gaps = 0
        and added.england_rows = 1
        and added.regions_there = regions_of_england.regions
        and (
            {% for measure in measures -%}
            added.regions_{{ measure }} != added.england_{{ measure }}
            or {% endfor -%}
            false
        )

)

select * from final
