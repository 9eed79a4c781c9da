-- The four counts of every indicator for every organisation, region and England, by service and for all services.
{%- set figure = (
    "collection", "collection_year", "area_level", "area_code", "service", "indicator_code", "definition_version",
    "breakdown", "comparison_group", "reference_group",
) %}
{%- set counts = (
    "numerator", "denominator", "reference_numerator", "reference_denominator",
    "unknown_numerator", "unknown_denominator", "total_denominator",
) %}
with

returned as (

    select * from {{ ref('int_indicator_returned') }}

),

organisation_areas as (

    select
        collection,
        organisation_code,
        service,
        valid_from,
        valid_to
    from {{ ref('organisation_area') }}

),

years as (

    select
        collection,
        collection_year,
        reference_on
    from {{ ref('collection_year') }}

),

collections as (

    select
        collection,
        service as only_service
    from {{ ref('collection') }}

),

own_pay_bands as (

    select pay_band
    from {{ ref('pay_band_register') }}
    where scheme = 'own'

),

totals as (

    select * from {{ ref('total_membership') }}

),

services_run as (

    select
        years.collection,
        years.collection_year,
        organisation_areas.organisation_code,
        count(distinct organisation_areas.service) as services
    from years
    inner join organisation_areas
        on
            years.collection = organisation_areas.collection
            and years.reference_on >= coalesce(organisation_areas.valid_from, years.reference_on)
            and years.reference_on <= coalesce(organisation_areas.valid_to, years.reference_on)
    group by
        years.collection,
        years.collection_year,
        organisation_areas.organisation_code

),

by_service as (

    select
        returned.*,
        case when returned.service = 'adults' then 1 else 0 end as organisations_adults,
        case when returned.service = 'children' then 1 else 0 end as organisations_children
    from returned

),

-- 'all' stands for an organisation only where each service that it runs was returned; it is never filled in.
all_services as (

    select
        returned.collection,
        returned.collection_year,
        returned.area_level,
        returned.area_code,
        'all' as service,
        returned.indicator_code,
        returned.definition_version,
        returned.breakdown,
        returned.comparison_group,
        returned.reference_group,
        {% for count in counts -%}
        case
            when count(returned.{{ count }}) = count(*) then cast(sum(returned.{{ count }}) as bigint)
        end as {{ count }},
        {% endfor -%}
        max(returned.value_note) as a_value_note,
        count(returned.value_note) as services_noted,
        count(*) as services_returned,
        max(services_run.services) as services_run,
        max(case when returned.service = 'adults' then 1 else 0 end) as organisations_adults,
        max(case when returned.service = 'children' then 1 else 0 end) as organisations_children
    from returned
    inner join collections
        on
            returned.collection = collections.collection
            and collections.only_service is null
    left join services_run
        on
            returned.collection = services_run.collection
            and returned.collection_year = services_run.collection_year
            and returned.area_code = services_run.organisation_code
    left join own_pay_bands
        on returned.breakdown = own_pay_bands.pay_band
    where
        returned.area_level = 'organisation'
        and (own_pay_bands.pay_band is null or services_run.services = 1)
    group by
        returned.collection,
        returned.collection_year,
        returned.area_level,
        returned.area_code,
        returned.indicator_code,
        returned.definition_version,
        returned.breakdown,
        returned.comparison_group,
        returned.reference_group

),

all_services_noted as (

    select
        *,
        case
            when services_returned < services_run then 'service_not_returned'
            when services_noted > 0 then a_value_note
        end as value_note
    from all_services

),

organisation_rows as (

    select
        {{ figure | join(',\n        ') }},
        {{ counts | join(',\n        ') }},
        value_note,
        organisations_adults,
        organisations_children
    from by_service
    where area_level = 'organisation'

    union all

    select
        {{ figure | join(',\n        ') }},
        {% for count in counts -%}
        case when value_note is null then {{ count }} end as {{ count }},
        {% endfor -%}
        value_note,
        organisations_adults,
        organisations_children
    from all_services_noted

),

-- A group that is 'not available' because nobody of any group is known takes nothing from a sum: it adds 0.
addends as (

    select
        {{ figure | join(',\n        ') }},
        {% for measure, known in (
            ("numerator", "known_numerator"), ("denominator", "known_denominator"),
            ("reference_numerator", "known_numerator"), ("reference_denominator", "known_denominator"),
        ) -%}
        case when {{ known }} = 0 then 0 else {{ measure }} end as {{ measure }},
        {% endfor -%}
        unknown_numerator,
        unknown_denominator,
        total_denominator,
        organisations_adults,
        organisations_children
    from by_service
    where area_level = 'organisation'

),

-- What a sum may use: all four counts there, and each count within its base. Own bands do not add up across places.
usable as (

    select addends.*
    from addends
    left join own_pay_bands
        on addends.breakdown = own_pay_bands.pay_band
    where
        addends.numerator <= addends.denominator
        and addends.reference_numerator <= addends.reference_denominator
        and own_pay_bands.pay_band is null

),

summed as (

    select
        usable.collection,
        usable.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service as service,
        usable.indicator_code,
        usable.definition_version,
        usable.breakdown,
        usable.comparison_group,
        usable.reference_group,
        {% for measure in ("numerator", "denominator", "reference_numerator", "reference_denominator") -%}
        cast(sum(usable.{{ measure }}) as bigint) as {{ measure }},
        {% endfor -%}
        -- Unknowns are known only where each organisation told of them.
        {% for measure in ("unknown_numerator", "unknown_denominator", "total_denominator") -%}
        case
            when count(usable.{{ measure }}) = count(*) then cast(sum(usable.{{ measure }}) as bigint)
        end as {{ measure }},
        {% endfor -%}
        count(distinct usable.area_code) as organisations,
        cast(sum(usable.organisations_adults) as bigint) as organisations_adults,
        cast(sum(usable.organisations_children) as bigint) as organisations_children
    from usable
    inner join totals
        on
            usable.collection = totals.collection
            and usable.service = totals.service
            and usable.area_code = totals.organisation_code
    group by
        usable.collection,
        usable.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service,
        usable.indicator_code,
        usable.definition_version,
        usable.breakdown,
        usable.comparison_group,
        usable.reference_group

),

published as (

    select * from returned
    where area_level != 'organisation'

),

-- A publisher's own figure for a region or England goes before the sum of the organisations.
areas as (

    select
        {% for column in figure -%}
        coalesce(published.{{ column }}, summed.{{ column }}) as {{ column }},
        {% endfor -%}
        {% for column in counts -%}
        case
            when published.collection is not null then published.{{ column }} else summed.{{ column }}
        end as {{ column }},
        {% endfor -%}
        published.value_note,
        case when published.collection is not null then 'published' else 'summed' end as counted_by,
        summed.organisations,
        summed.organisations_adults,
        summed.organisations_children
    from summed
    full outer join published
        on
            summed.collection = published.collection
            and summed.collection_year = published.collection_year
            and summed.area_level = published.area_level
            and summed.area_code = published.area_code
            and summed.service = published.service
            and summed.indicator_code = published.indicator_code
            and summed.breakdown = published.breakdown
            and summed.comparison_group = published.comparison_group

),

final as (

    select
        {{ figure | join(',\n        ') }},
        {{ counts | join(',\n        ') }},
        value_note,
        'returned' as counted_by,
        1 as organisations,
        organisations_adults,
        organisations_children
    from organisation_rows

    union all

    select
        {{ figure | join(',\n        ') }},
        {{ counts | join(',\n        ') }},
        value_note,
        counted_by,
        coalesce(organisations, 0) as organisations,
        coalesce(organisations_adults, 0) as organisations_adults,
        coalesce(organisations_children, 0) as organisations_children
    from areas

)

select * from final
