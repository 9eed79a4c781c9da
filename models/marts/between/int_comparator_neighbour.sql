-- The organisations that each is like: its statistical neighbours, for children's services, and the nearest in size.
with

years as (

    select
        collection,
        collection_year,
        reference_on
    from {{ ref('collection_year') }}

),

neighbours_given as (

    select
        organisation_code,
        neighbour_code,
        valid_from,
        valid_to
    from {{ ref('statistical_neighbour') }}

),

-- Number of staff, known and unknown; where the unknown are not told, those whose group is known.
sizes as (

    select
        collection,
        collection_year,
        area_code as organisation_code,
        service,
        coalesce(total_denominator, denominator + reference_denominator) as staff
    from {{ ref('int_indicator_counts') }}
    where
        area_level = 'organisation'
        and definition = 'as_collected'
        and indicator_code = '{{ var("workforce_indicator") }}'
        and breakdown = 'all'
        and comparison_group = 'minority_ethnic'
        and reference_group = 'white'
        and coalesce(total_denominator, denominator + reference_denominator) > 0

),

by_closeness_in_size as (

    select
        own_size.collection,
        own_size.collection_year,
        own_size.organisation_code,
        own_size.service,
        other_size.organisation_code as neighbour_code,
        row_number() over (
            partition by own_size.collection, own_size.collection_year, own_size.organisation_code, own_size.service
            order by abs(own_size.staff - other_size.staff), other_size.organisation_code
        ) as place
    from sizes as own_size
    inner join sizes as other_size
        on
            own_size.collection = other_size.collection
            and own_size.collection_year = other_size.collection_year
            and own_size.service = other_size.service
            and own_size.organisation_code != other_size.organisation_code

),

final as (

    select
        collection,
        collection_year,
        organisation_code,
        service,
        neighbour_code,
        'similar size' as comparator
    from by_closeness_in_size
    where place <= {{ var('similar_size_organisations') }}

    union all

    select
        years.collection,
        years.collection_year,
        neighbours_given.organisation_code,
        'children' as service,
        neighbours_given.neighbour_code,
        'statistical neighbours' as comparator
    from neighbours_given
    inner join years
        on {{ is_in_force('neighbours_given', 'years.reference_on') }}

)

select * from final
