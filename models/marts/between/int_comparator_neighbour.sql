-- The organisations that each is like: its statistical neighbours, for children's services, and the nearest in size.
{%- set nearest = var('similar_size_organisations') %}
with

years as (

    select
        collection,
        collection_year,
        reference_on
    from {{ ref('collection_year') }}
    where {{ is_year_to_build() }}

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
    from {{ every_service('int_indicator_counts') }} as figures
    where
        {{ is_year_to_build() }}
        and area_level = 'organisation'
        and definition = 'as_collected'
        and indicator_code = '{{ var("workforce_indicator") }}'
        and breakdown = 'all'
        and comparison_group = 'minority_ethnic'
        and reference_group = 'white'
        and coalesce(total_denominator, denominator + reference_denominator) > 0

),

ranked as (

    select
        *,
        dense_rank() over (partition by collection, collection_year, service order by staff) as size_rank,
        row_number() over (
            partition by collection, collection_year, service, staff order by organisation_code
        ) as place_in_size
    from sizes

),

own_sizes as (

    select distinct
        collection,
        collection_year,
        service,
        staff,
        size_rank
    from ranked

),

-- The nearest are among the first of as many sizes to either side: to set everybody beside everybody would take time
-- with the square of their number.
offsets as (

    select {{ integers_between('-' ~ nearest, nearest) }} as size_offset

),

wanted as (

    select
        own_sizes.*,
        own_sizes.size_rank + offsets.size_offset as wanted_rank
    from own_sizes
    cross join offsets

),

-- One more than is wanted: an organisation is among the nearest to its own size.
near_size as (

    select
        wanted.collection,
        wanted.collection_year,
        wanted.service,
        wanted.staff,
        ranked.organisation_code as neighbour_code,
        row_number() over (
            partition by wanted.collection, wanted.collection_year, wanted.service, wanted.staff
            order by abs(wanted.staff - ranked.staff), ranked.organisation_code
        ) as place
    from wanted
    inner join ranked
        on
            wanted.collection = ranked.collection
            and wanted.collection_year = ranked.collection_year
            and wanted.service = ranked.service
            and wanted.wanted_rank = ranked.size_rank
    where ranked.place_in_size <= {{ nearest }} + 1

),

by_closeness_in_size as (

    select
        own_size.collection,
        own_size.collection_year,
        own_size.organisation_code,
        own_size.service,
        near_size.neighbour_code,
        row_number() over (
            partition by own_size.collection, own_size.collection_year, own_size.organisation_code, own_size.service
            order by near_size.place
        ) as place
    from sizes as own_size
    inner join near_size
        on
            own_size.collection = near_size.collection
            and own_size.collection_year = near_size.collection_year
            and own_size.service = near_size.service
            and own_size.staff = near_size.staff
            and own_size.organisation_code != near_size.neighbour_code
    where near_size.place <= {{ nearest }} + 1

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
    where place <= {{ nearest }}

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

{{ kept_by_year('final') }}
