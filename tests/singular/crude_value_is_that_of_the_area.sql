-- The sum of counts between organisations is the area's own figure in the standard, and the sum of the authorities in
-- the census, straight from the figures.
{%- set key = (
    "collection", "collection_year", "service", "indicator_code", "breakdown", "comparison_group", "reference_group",
) %}
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

between_organisations as (

    select * from {{ ref('fct_between_organisations') }}

),

figures as (

    select * from {{ every_service('fct_indicator') }} as figures
    where definition = 'as_collected'

),

regions as (

    select
        organisation_code,
        region_code
    from {{ ref('organisation') }}

),

returned as (

    select * from figures
    where
        collection != 'csww'
        and area_level != 'organisation'
        and counted_by = 'summed'

),

authorities as (

    select
        {% for column in key -%}
        figures.{{ column }},
        {% endfor -%}
        {% for measure in measures -%}
        figures.{{ measure }},
        {% endfor -%}
        regions.region_code
    from figures
    inner join regions
        on figures.area_code = regions.organisation_code
    where
        figures.collection = 'csww'
        and figures.area_level = 'organisation'
        and figures.organisations = 1

),

placed as (

    select
        {% for column in key -%}
        {{ column }},
        {% endfor -%}
        {% for measure in measures -%}
        {{ measure }},
        {% endfor -%}
        region_code as area_code
    from authorities
    where region_code is not null

    union all

    select
        {% for column in key -%}
        {{ column }},
        {% endfor -%}
        {% for measure in measures -%}
        {{ measure }},
        {% endfor -%}
        '{{ var("england_code") }}' as area_code
    from authorities

),

expected as (

    select
        {% for column in key -%}
        {{ column }},
        {% endfor -%}
        area_code,
        relative_likelihood
    from returned

    union all

    select
        {% for column in key -%}
        {{ column }},
        {% endfor -%}
        area_code,
        {{ double('sum(numerator)') }} * sum(reference_denominator)
        / nullif({{ double('sum(reference_numerator)') }} * sum(denominator), 0) as relative_likelihood
    from placed
    group by
        {{ key | join(',\n        ') }},
        area_code

),

final as (

    select
        {% for column in key -%}
        between_organisations.{{ column }},
        {% endfor -%}
        between_organisations.area_code,
        between_organisations.crude_relative_likelihood,
        expected.relative_likelihood
    from between_organisations
    left join expected
        on
            {% for column in key -%}
            between_organisations.{{ column }} = expected.{{ column }}
            and {% endfor -%}
            between_organisations.area_code = expected.area_code
    where
        expected.collection is null
        or coalesce(between_organisations.crude_relative_likelihood, -1) != coalesce(expected.relative_likelihood, -1)

)

select * from final
