-- Each count of the open release, by what is added up in it: two counts of the same people are one cell.
{%- set figure = (
    "collection", "collection_year", "panel", "counted_year", "area_level", "area_code", "service", "indicator_code",
    "breakdown", "comparison_group", "reference_group",
) %}
with

members as (

    select * from {{ ref('int_disclosure_member') }}

),

returns as (

    select
        collection,
        collection_year,
        organisation_code,
        service,
        is_consent_given
    from {{ ref('int_participation') }}

),

with_consent as (

    select
        members.*,
        coalesce(returns.is_consent_given, false) as is_consent_given
    from members
    left join returns
        on
            members.collection = returns.collection
            and members.counted_year = returns.collection_year
            and members.organisation_code = returns.organisation_code
            and members.member_service = returns.service

),

-- How much of each count is of its largest two organisations.
organisations as (

    select
        {{ figure | join(',\n        ') }},
        place,
        organisation_code,
        sum(people) as people,
        row_number() over (
            partition by {{ figure | join(', ') }}, place
            order by sum(people) desc, organisation_code desc
        ) as largest
    from with_consent
    group by
        {{ figure | join(',\n        ') }},
        place,
        organisation_code

),

shares as (

    select
        {{ figure | join(',\n        ') }},
        place,
        cast(count(*) as bigint) as organisations,
        sum(people) as all_people,
        sum(case when largest <= 2 then people else 0 end) as people_of_two
    from organisations
    group by
        {{ figure | join(',\n        ') }},
        place

),

cells as (

    select
        {{ figure | join(',\n        ') }},
        place,
        measure,
        measure_breakdown,
        ethnic_group,
        cast(sum(people) as bigint) as people,
        min(case when is_consent_given then 1 else 0 end) = 1 as is_consent_given,
        md5(
            measure || '|' || measure_breakdown || '|' || ethnic_group || '|'
            || cast(counted_year as {{ varchar() }}) || '|'
            || {{ dbt.listagg(
                "organisation_code || '/' || member_service", "'|'", "order by organisation_code, member_service"
            ) }}
        ) as cell_id
    from with_consent
    group by
        {{ figure | join(',\n        ') }},
        place,
        measure,
        measure_breakdown,
        ethnic_group

),

-- A total that holds an organisation without consent must hide it among others: in the base of the same group.
final as (

    select
        cells.*,
        shares.organisations,
        cells.area_level = 'organisation' or cells.is_consent_given or (
            shares.organisations >= {{ var('sum_least_organisations') }}
            and bases.people_of_two <= {{ var('sum_largest_two') }} * bases.all_people
        ) as is_hidden_among_others
    from cells
    inner join shares
        on
            {% for column in figure -%}
            cells.{{ column }} = shares.{{ column }}
            and {% endfor -%}
            cells.place = shares.place
    inner join shares as bases
        on
            {% for column in figure -%}
            cells.{{ column }} = bases.{{ column }}
            and {% endfor -%}
            bases.place = replace(cells.place, 'numerator', 'denominator')

)

select * from final
