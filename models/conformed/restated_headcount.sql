-- Earlier returns in today's pay bands: an organisation's own bands added up, where each lies inside one of today's.
{%- set place = ("collection", "dataset", "collection_year", "area_level", "area_code", "service") %}
with

counts as (

    select * from {{ ref('group_headcount') }}
    where {{ is_year_to_build() }}

),

bands as (

    select
        pay_band,
        scheme,
        lower_limit,
        upper_limit
    from {{ ref('pay_band_register') }}

),

own_limits as (

    select * from {{ ref('own_band_limit') }}

),

notes as (

    select
        value_note,
        precedence
    from {{ ref('value_note') }}

),

todays_bands as (

    select
        pay_band,
        lower_limit,
        upper_limit
    from bands
    where scheme = 'national' and lower_limit is not null

),

own_bands as (

    select pay_band
    from bands
    where scheme = 'own'

),

-- A band ends where the next one starts; the last has no end.
own_ranges as (

    select
        collection_year,
        organisation_code,
        service,
        pay_band,
        lower_limit,
        lead(lower_limit) over (
            partition by collection_year, organisation_code, service
            order by lower_limit, pay_band
        ) - 1 as upper_limit
    from own_limits

),

own_counts as (

    select
        counts.*,
        notes.precedence as note_precedence
    from counts
    inner join own_bands
        on counts.breakdown = own_bands.pay_band
    left join notes
        on counts.value_note = notes.value_note
    where
        counts.measure = 'staff'
        and counts.area_level = 'organisation'

),

groups_there as (

    select distinct
        {{ place | join(',\n        ') }},
        comparison_group
    from own_counts

),

-- A blank has no row, so each group that is there gets each band.
cells as (

    select
        {% for column in place -%}
        groups_there.{{ column }},
        {% endfor -%}
        groups_there.comparison_group,
        own_ranges.lower_limit,
        own_ranges.upper_limit,
        own_counts.people,
        own_counts.note_precedence,
        -- A band that the organisation does not have is not applicable in each group, or blank and without a limit.
        max(
            case
                when own_counts.value_note = 'not_applicable' then 0
                when own_counts.breakdown is null and own_ranges.lower_limit is null then 0
                else 1
            end
        ) over (
            partition by
                {% for column in place -%}
                groups_there.{{ column }},
                {% endfor -%}
                own_bands.pay_band
        ) as is_there
    from groups_there
    cross join own_bands
    left join own_counts
        on
            {% for column in place -%}
            groups_there.{{ column }} = own_counts.{{ column }}
            and {% endfor -%}
            groups_there.comparison_group = own_counts.comparison_group
            and own_bands.pay_band = own_counts.breakdown
    left join own_ranges
        on
            groups_there.collection_year = own_ranges.collection_year
            and groups_there.area_code = own_ranges.organisation_code
            and groups_there.service = own_ranges.service
            and own_bands.pay_band = own_ranges.pay_band

),

placed as (

    select
        cells.*,
        todays_bands.pay_band as todays_band
    from cells
    left join todays_bands
        on
            cells.lower_limit >= todays_bands.lower_limit
            -- Of two bands with one limit the first has no pay in it, and no place.
            and coalesce(cells.upper_limit >= cells.lower_limit, true)
            and (
                todays_bands.upper_limit is null
                or cells.upper_limit <= todays_bands.upper_limit
            )
    where cells.is_there = 1

),

judged as (

    select
        {{ place | join(',\n        ') }},
        -- A band without a limit, or across one of today's, has no place; an empty one needs none.
        max(case when todays_band is null and coalesce(people, 1) > 0 then 1 else 0 end) as misfits
    from placed
    group by
        {{ place | join(',\n        ') }}

),

summed as (

    select
        {{ place | join(',\n        ') }},
        todays_band,
        comparison_group,
        count(*) as bands_there,
        count(people) as bands_given,
        sum(people) as people,
        min(note_precedence) as note_precedence
    from placed
    where todays_band is not null
    group by
        {{ place | join(',\n        ') }},
        todays_band,
        comparison_group

),

final as (

    select
        {% for column in place -%}
        groups_there.{{ column }},
        {% endfor -%}
        'staff' as measure,
        todays_bands.pay_band as breakdown,
        groups_there.comparison_group,
        case
            when judged.misfits = 0 and coalesce(summed.bands_given = summed.bands_there, true)
                then cast(coalesce(summed.people, 0) as bigint)
        end as people,
        case
            when judged.misfits = 1 then 'not_restatable'
            when summed.bands_given < summed.bands_there then coalesce(notes.value_note, 'blank')
        end as value_note
    from groups_there
    cross join todays_bands
    inner join judged
        on
            {% for column in place[1:] -%}
            groups_there.{{ column }} = judged.{{ column }}
            and {% endfor -%}
            groups_there.{{ place[0] }} = judged.{{ place[0] }}
    left join summed
        on
            {% for column in place -%}
            groups_there.{{ column }} = summed.{{ column }}
            and {% endfor -%}
            groups_there.comparison_group = summed.comparison_group
            and todays_bands.pay_band = summed.todays_band
    left join notes
        on summed.note_precedence = notes.precedence

)

{{ kept_by_year('final') }}
