-- The counts of the others that an organisation is compared with: of its region, of England, its statistical neighbours
-- and those of similar size. Its own counts stand beside theirs, and are in none of them.
{%- set figure = ("indicator_code", "definition_version", "breakdown", "comparison_group", "reference_group") %}
{%- set counts = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

own as (

    select * from {{ ref('int_organisation_counts') }}
    where
        breakdown = 'all'
        and {{ is_year_to_build() }}

),

pools as (

    select * from {{ ref('int_organisation_pool') }}
    where unit = case when service = 'all' then 'organisation and service' else 'organisation' end

),

totals as (

    select * from {{ ref('total_membership') }}

),

neighbours as (

    select * from {{ ref('int_comparator_neighbour') }}

),

memberships as (

    select distinct
        collection,
        organisation_code,
        total_service,
        area_level,
        area_code
    from totals

),

-- What an organisation has put into the totals of its region and of England.
contributions as (

    select
        own.collection,
        own.collection_year,
        own.organisation_code,
        totals.total_service,
        totals.area_level,
        {% for column in figure -%}
        own.{{ column }},
        {% endfor -%}
        {% for count in counts -%}
        sum(own.{{ count }}) as {{ count }},
        {% endfor -%}
        1 as organisations
    from own
    inner join totals
        on
            own.collection = totals.collection
            and own.service = totals.service
            and own.organisation_code = totals.organisation_code
    group by
        own.collection,
        own.collection_year,
        own.organisation_code,
        totals.total_service,
        totals.area_level,
        own.{{ figure | join(',\n        own.') }}

),

others_in_area as (

    select
        own.collection,
        own.collection_year,
        own.organisation_code,
        own.service,
        {% for column in figure -%}
        own.{{ column }},
        {% endfor -%}
        {% for count in counts -%}
        own.{{ count }} as own_{{ count }},
        {% endfor -%}
        {% for count in counts -%}
        pools.{{ count }} - coalesce(contributions.{{ count }}, 0) as {{ count }},
        {% endfor -%}
        case when memberships.area_level = 'region' then 'region' else 'england' end as comparator,
        coalesce(pools.organisations_compared + pools.organisations_left_out, 0)
        - coalesce(contributions.organisations, 0) as organisations
    from own
    inner join memberships
        on
            own.collection = memberships.collection
            and own.organisation_code = memberships.organisation_code
            and own.service = memberships.total_service
    left join pools
        on
            own.collection = pools.collection
            and own.collection_year = pools.collection_year
            and memberships.area_level = pools.area_level
            and memberships.area_code = pools.area_code
            {% for column in figure -%}
            and own.{{ column }} = pools.{{ column }}
            {% endfor -%}
            and own.service = pools.service
    left join contributions
        on
            own.collection = contributions.collection
            and own.collection_year = contributions.collection_year
            and own.organisation_code = contributions.organisation_code
            and own.service = contributions.total_service
            {% for column in figure -%}
            and own.{{ column }} = contributions.{{ column }}
            {% endfor -%}
            and memberships.area_level = contributions.area_level

),

has_neighbours as (

    select distinct
        collection,
        collection_year,
        organisation_code,
        service,
        comparator
    from neighbours

),

neighbour_sums as (

    select
        neighbours.collection,
        neighbours.collection_year,
        neighbours.organisation_code,
        neighbours.service,
        neighbours.comparator,
        {% for column in figure -%}
        own.{{ column }},
        {% endfor -%}
        {% for count in counts -%}
        sum(own.{{ count }}) as {{ count }},
        {% endfor -%}
        count(*) as organisations
    from neighbours
    inner join own
        on
            neighbours.collection = own.collection
            and neighbours.collection_year = own.collection_year
            and neighbours.service = own.service
            and neighbours.neighbour_code = own.organisation_code
    group by
        neighbours.collection,
        neighbours.collection_year,
        neighbours.organisation_code,
        neighbours.service,
        neighbours.comparator,
        own.{{ figure | join(',\n        own.') }}

),

others_alike as (

    select
        own.collection,
        own.collection_year,
        own.organisation_code,
        own.service,
        {% for column in figure -%}
        own.{{ column }},
        {% endfor -%}
        {% for count in counts -%}
        own.{{ count }} as own_{{ count }},
        {% endfor -%}
        {% for count in counts -%}
        neighbour_sums.{{ count }},
        {% endfor -%}
        has_neighbours.comparator,
        coalesce(neighbour_sums.organisations, 0) as organisations
    from own
    inner join has_neighbours
        on
            own.collection = has_neighbours.collection
            and own.collection_year = has_neighbours.collection_year
            and own.organisation_code = has_neighbours.organisation_code
            and own.service = has_neighbours.service
    left join neighbour_sums
        on
            own.collection = neighbour_sums.collection
            and own.collection_year = neighbour_sums.collection_year
            and own.organisation_code = neighbour_sums.organisation_code
            and own.service = neighbour_sums.service
            {% for column in figure -%}
            and own.{{ column }} = neighbour_sums.{{ column }}
            {% endfor -%}
            and has_neighbours.comparator = neighbour_sums.comparator

),

combined as (

    select * from others_in_area

    union all

    select * from others_alike

),

final as (

    select
        collection,
        collection_year,
        organisation_code,
        service,
        {% for column in figure -%}
        {{ column }},
        {% endfor -%}
        {% for count in counts -%}
        own_{{ count }},
        {% endfor -%}
        -- The counts of one or two others would be theirs, and chance.
        {% for count in counts -%}
        case
            when organisations >= {{ var('sum_least_organisations') }} then cast({{ count }} as bigint)
        end as {{ count }},
        {% endfor -%}
        comparator,
        cast(organisations as bigint) as comparator_organisations
    from combined

)

{{ kept_by_year('final') }}
