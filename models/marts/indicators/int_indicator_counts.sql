-- The four counts of every indicator for every organisation, region and England, by service and for all services.
{%- set figure = (
    "collection", "collection_year", "area_level", "area_code", "service", "definition", "indicator_code",
    "definition_version", "breakdown", "comparison_group", "reference_group", "is_detail",
) %}
{%- set name = ("collection", "definition", "indicator_code", "breakdown", "comparison_group", "reference_group") %}
{%- set total = ("area_level", "area_code", "total_service") %}
{%- set counts = (
    "numerator", "denominator", "reference_numerator", "reference_denominator",
    "unknown_numerator", "unknown_denominator", "total_denominator",
) %}
with

returned as (

    select * from {{ ref('int_indicator_returned') }}
    where {{ is_year_to_build() }}

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

notes as (

    select
        value_note,
        precedence,
        was_collected
    from {{ ref('value_note') }}

),

figure_names as (

    {{ numbered('returned', name, 'figure_number') | indent(4) }}

),

services_expected as (

    select * from {{ ref('int_services_expected') }}

),

-- Of nearly all employers one service is expected and there: its figures are those of all services, and stand once.
of_one_service as (

    select
        returned.collection,
        returned.collection_year,
        returned.area_level,
        returned.area_code
    from returned
    inner join collections
        on
            returned.collection = collections.collection
            and collections.only_service is null
    inner join services_expected
        on
            returned.collection = services_expected.collection
            and returned.collection_year = services_expected.collection_year
            and returned.area_code = services_expected.organisation_code
    where returned.area_level = 'organisation' and services_expected.services_expected = 1
    group by
        returned.collection,
        returned.collection_year,
        returned.area_level,
        returned.area_code
    having min(returned.service) = max(returned.service)

),

-- An organisation counts behind a figure where its own four counts can be used.
by_service as (

    select
        returned.*,
        figure_names.figure_number,
        notes.precedence as note_precedence,
        coalesce(notes.was_collected, true) as was_collected,
        own_pay_bands.pay_band is not null as is_own_band,
        of_one_service.area_code is not null and own_pay_bands.pay_band is null as is_all_services,
        case when returned.value_note is null then 1 else 0 end as organisations,
        case when returned.value_note is null and returned.service = 'adults' then 1 else 0 end as organisations_adults,
        case
            when returned.value_note is null and returned.service = 'children' then 1 else 0
        end as organisations_children
    from returned
    inner join figure_names
        on {{ same_columns('returned', 'figure_names', name) }}
    left join notes
        on returned.value_note = notes.value_note
    left join of_one_service
        on
            returned.collection = of_one_service.collection
            and returned.collection_year = of_one_service.collection_year
            and returned.area_level = of_one_service.area_level
            and returned.area_code = of_one_service.area_code
    left join own_pay_bands
        on returned.breakdown = own_pay_bands.pay_band

),

-- Where there are several, one can be left out of an indicator.
of_several_services as (

    select returned.*
    from returned
    inner join services_expected
        on
            returned.collection = services_expected.collection
            and returned.collection_year = services_expected.collection_year
            and returned.area_code = services_expected.organisation_code
    where returned.area_level = 'organisation' and services_expected.services_expected > 1

),

services_with_indicator as (

    select
        collection,
        collection_year,
        area_code,
        definition,
        indicator_code,
        breakdown,
        count(distinct service) as services
    from of_several_services
    group by
        collection,
        collection_year,
        area_code,
        definition,
        indicator_code,
        breakdown

),

-- 'all' stands for an organisation only where each service that it runs was returned; it is never filled in.
all_services as (

    select
        returned.collection_year,
        returned.area_level,
        returned.area_code,
        'all' as service,
        returned.figure_number,
        returned.definition_version,
        returned.is_detail,
        {% for count in counts -%}
        case
            when count(returned.{{ count }}) = count(*) then cast(sum(returned.{{ count }}) as bigint)
        end as {{ count }},
        {% endfor -%}
        min(returned.note_precedence) as note_precedence,
        case
            when count(*) = max(services_expected.services_expected) then null
            when max(services_expected.services_returned) < max(services_expected.services_expected)
                then 'service_not_returned'
            when max(services_with_indicator.services) < max(services_expected.services_expected) then 'blank'
            else 'not_in_detail'
        end as missing_note,
        case
            when count(*) = max(services_expected.services_expected) then min(returned.organisations) else 0
        end as organisations,
        max(returned.organisations_adults) as gave_adults,
        max(returned.organisations_children) as gave_children
    from by_service as returned
    inner join collections
        on
            returned.collection = collections.collection
            and collections.only_service is null
    left join services_expected
        on
            returned.collection = services_expected.collection
            and returned.collection_year = services_expected.collection_year
            and returned.area_code = services_expected.organisation_code
    left join services_with_indicator
        on
            returned.collection = services_with_indicator.collection
            and returned.collection_year = services_with_indicator.collection_year
            and returned.area_code = services_with_indicator.area_code
            and returned.definition = services_with_indicator.definition
            and returned.indicator_code = services_with_indicator.indicator_code
            and returned.breakdown = services_with_indicator.breakdown
    where
        returned.area_level = 'organisation'
        and not returned.is_all_services
        and not returned.is_own_band
    group by
        returned.collection_year,
        returned.area_level,
        returned.area_code,
        returned.figure_number,
        returned.definition_version,
        returned.is_detail

),

-- Of the reasons why a sum of services is missing, the one that goes before the others.
all_services_noted as (

    select
        all_services.*,
        figure_names.{{ name | join(',\n        figure_names.') }},
        notes.value_note,
        coalesce(notes.was_collected, true) as was_collected,
        all_services.organisations * all_services.gave_adults as organisations_adults,
        all_services.organisations * all_services.gave_children as organisations_children
    from all_services
    inner join figure_names
        on all_services.figure_number = figure_names.figure_number
    left join notes as missing_notes
        on all_services.missing_note = missing_notes.value_note
    left join notes
        on least(all_services.note_precedence, missing_notes.precedence) = notes.precedence

),

organisation_rows as (

    select
        {{ figure | join(',\n        ') }},
        {{ counts | join(',\n        ') }},
        value_note,
        is_all_services,
        organisations,
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
        false as is_all_services,
        organisations,
        organisations_adults,
        organisations_children
    from all_services_noted
    -- No row in detail where there was nothing to collect.
    where not is_detail or was_collected

),

-- A group that is 'not available' because nobody of any group is known takes nothing from a sum: it adds 0. Own bands
-- do not add up across places.
addends as (

    select
        {{ figure | join(',\n        ') }},
        figure_number,
        {% for measure, known in (
            ("numerator", "known_numerator"), ("denominator", "known_denominator"),
            ("reference_numerator", "known_numerator"), ("reference_denominator", "known_denominator"),
        ) -%}
        case when {{ known }} = 0 then 0 else {{ measure }} end as {{ measure }},
        {% endfor -%}
        unknown_numerator,
        unknown_denominator,
        total_denominator,
        note_precedence,
        organisations,
        organisations_adults,
        organisations_children
    from by_service
    where area_level = 'organisation' and not is_own_band

),

-- What a sum may use: all four counts there, and each count within its base.
judged as (

    select
        *,
        coalesce(numerator <= denominator and reference_numerator <= reference_denominator, false) as is_usable
    from addends

),

total_names as (

    {{ numbered('totals', total, 'total_number') | indent(4) }}

),

members_of_totals as (

    select
        totals.collection,
        totals.service,
        totals.organisation_code,
        total_names.total_number
    from totals
    inner join total_names
        on {{ same_columns('totals', 'total_names', total) }}

),

summed_counts as (

    select
        judged.collection_year,
        members_of_totals.total_number,
        judged.figure_number,
        judged.definition_version,
        judged.is_detail,
        {% for count in counts[:4] -%}
        cast(sum(case when judged.is_usable then judged.{{ count }} end) as bigint) as {{ count }},
        {% endfor -%}
        -- Unknowns are known only where each organisation told of them.
        {% for count in counts[4:] -%}
        case
            when count(case when judged.is_usable and judged.{{ count }} is null then 1 end) = 0
                then cast(sum(case when judged.is_usable then judged.{{ count }} end) as bigint)
        end as {{ count }},
        {% endfor -%}
        max(case when judged.is_usable then 1 else 0 end) as usable,
        min(judged.note_precedence) as note_precedence,
        count(distinct case when judged.organisations = 1 then judged.area_code end) as organisations,
        cast(sum(judged.organisations_adults) as bigint) as organisations_adults,
        cast(sum(judged.organisations_children) as bigint) as organisations_children
    from judged
    inner join members_of_totals
        on
            judged.collection = members_of_totals.collection
            and judged.service = members_of_totals.service
            and judged.area_code = members_of_totals.organisation_code
    group by
        judged.collection_year,
        members_of_totals.total_number,
        judged.figure_number,
        judged.definition_version,
        judged.is_detail

),

-- Where no organisation has counts that can be used, the total has their reason in place of a number.
summed as (

    select
        summed_counts.*,
        total_names.area_level,
        total_names.area_code,
        total_names.total_service as service,
        figure_names.{{ name | join(',\n        figure_names.') }},
        case when summed_counts.usable = 0 then notes.value_note end as value_note
    from summed_counts
    inner join total_names
        on summed_counts.total_number = total_names.total_number
    inner join figure_names
        on summed_counts.figure_number = figure_names.figure_number
    left join notes
        on summed_counts.note_precedence = notes.precedence

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
        case when published.collection is not null then published.value_note else summed.value_note end as value_note,
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
            and summed.definition = published.definition
            and summed.indicator_code = published.indicator_code
            and summed.breakdown = published.breakdown
            and summed.comparison_group = published.comparison_group
            and summed.reference_group = published.reference_group

),

final as (

    select
        {{ figure | join(',\n        ') }},
        {{ counts | join(',\n        ') }},
        value_note,
        'returned' as counted_by,
        is_all_services,
        organisations,
        organisations_adults,
        organisations_children
    from organisation_rows

    union all

    select
        {{ figure | join(',\n        ') }},
        {{ counts | join(',\n        ') }},
        value_note,
        counted_by,
        false as is_all_services,
        coalesce(organisations, 0) as organisations,
        coalesce(organisations_adults, 0) as organisations_adults,
        coalesce(organisations_children, 0) as organisations_children
    from areas

)

{{ kept_by_year('final') }}
