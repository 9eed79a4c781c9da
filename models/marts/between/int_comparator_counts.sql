-- The counts of the others that an organisation is compared with: of its region, of England, its statistical neighbours
-- and those of similar size. Its own counts stand beside theirs, and are in none of them.
{%- set figure = (
    "collection", "collection_year", "indicator_code", "definition_version", "breakdown", "comparison_group",
    "reference_group",
) %}
{%- set neighbourhood = ("collection", "collection_year", "organisation_code", "service", "comparator") %}
{%- set counts = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

organisation_counts as (

    select * from {{ ref('int_organisation_counts') }}
    where
        breakdown = 'all'
        and {{ is_year_to_build() }}

),

pools as (

    select * from {{ ref('int_organisation_pool') }}
    where
        {{ is_year_to_build() }}
        and unit = case when service = 'all' then 'organisation and service' else 'organisation' end

),

totals as (

    select * from {{ ref('total_membership') }}

),

neighbours as (

    select * from {{ ref('int_comparator_neighbour') }}
    where {{ is_year_to_build() }}

),

figures as (

    {{ numbered('organisation_counts', figure, 'figure_number') | indent(4) }}

),

own as (

    select
        figures.*,
        organisation_counts.organisation_code,
        organisation_counts.service,
        organisation_counts.{{ counts | join(',\n        organisation_counts.') }}
    from organisation_counts
    inner join figures
        on {{ same_columns('organisation_counts', 'figures', figure) }}

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

services_counted as (

    select distinct
        collection,
        organisation_code,
        service,
        total_service
    from totals

),

-- What an organisation has put into the totals of its areas.
contributions as (

    select
        own.figure_number,
        own.organisation_code,
        {% for count in counts -%}
        sum(own.{{ count }}) as {{ count }},
        {% endfor -%}
        services_counted.total_service
    from own
    inner join services_counted
        on
            own.collection = services_counted.collection
            and own.service = services_counted.service
            and own.organisation_code = services_counted.organisation_code
    group by
        own.figure_number,
        own.organisation_code,
        services_counted.total_service

),

area_figures as (

    select
        figures.figure_number,
        pools.area_level,
        pools.area_code,
        pools.service,
        pools.{{ counts | join(',\n        pools.') }},
        pools.organisations_compared + pools.organisations_left_out as organisations
    from pools
    inner join figures
        on {{ same_columns('pools', 'figures', figure) }}

),

others_in_area as (

    select
        own.{{ figure | join(',\n        own.') }},
        own.organisation_code,
        own.service,
        {% for count in counts -%}
        own.{{ count }} as own_{{ count }},
        {% endfor -%}
        {% for count in counts -%}
        area_figures.{{ count }} - coalesce(contributions.{{ count }}, 0) as {{ count }},
        {% endfor -%}
        case when memberships.area_level = 'region' then 'region' else 'england' end as comparator,
        coalesce(area_figures.organisations, 0)
        - case when contributions.figure_number is null then 0 else 1 end as organisations
    from own
    inner join memberships
        on
            own.collection = memberships.collection
            and own.organisation_code = memberships.organisation_code
            and own.service = memberships.total_service
    left join area_figures
        on
            own.figure_number = area_figures.figure_number
            and memberships.area_level = area_figures.area_level
            and memberships.area_code = area_figures.area_code
            and own.service = area_figures.service
    left join contributions
        on
            own.figure_number = contributions.figure_number
            and own.organisation_code = contributions.organisation_code
            and own.service = contributions.total_service

),

neighbourhoods as (

    {{ numbered('neighbours', neighbourhood, 'neighbourhood_number') | indent(4) }}

),

members as (

    select
        neighbourhoods.neighbourhood_number,
        neighbours.collection,
        neighbours.collection_year,
        neighbours.service,
        neighbours.neighbour_code
    from neighbours
    inner join neighbourhoods
        on {{ same_columns('neighbours', 'neighbourhoods', neighbourhood) }}

),

neighbour_sums as (

    select
        members.neighbourhood_number,
        own.figure_number,
        {% for count in counts -%}
        sum(own.{{ count }}) as {{ count }},
        {% endfor -%}
        count(*) as organisations
    from members
    inner join own
        on
            members.collection = own.collection
            and members.collection_year = own.collection_year
            and members.service = own.service
            and members.neighbour_code = own.organisation_code
    group by
        members.neighbourhood_number,
        own.figure_number

),

others_alike as (

    select
        own.{{ figure | join(',\n        own.') }},
        own.organisation_code,
        own.service,
        {% for count in counts -%}
        own.{{ count }} as own_{{ count }},
        {% endfor -%}
        {% for count in counts -%}
        neighbour_sums.{{ count }},
        {% endfor -%}
        neighbourhoods.comparator,
        coalesce(neighbour_sums.organisations, 0) as organisations
    from own
    inner join neighbourhoods
        on
            own.collection = neighbourhoods.collection
            and own.collection_year = neighbourhoods.collection_year
            and own.organisation_code = neighbourhoods.organisation_code
            and own.service = neighbourhoods.service
    left join neighbour_sums
        on
            neighbourhoods.neighbourhood_number = neighbour_sums.neighbourhood_number
            and own.figure_number = neighbour_sums.figure_number

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
        indicator_code,
        definition_version,
        breakdown,
        comparison_group,
        reference_group,
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
