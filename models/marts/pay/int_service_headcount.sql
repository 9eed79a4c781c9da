-- People by group as the files give them, and for all services of an organisation that returned each service it runs.
{%- set counted = ("collection", "collection_year", "area_level", "area_code") %}
{%- set group = ("measure", "breakdown", "comparison_group") %}
with

given as (

    select
        {{ (counted + ("service",) + group) | join(',\n        ') }},
        people,
        value_note
    from {{ ref('group_headcount') }}
    where
        area_level != 'sub_region'
        and {{ is_year_to_build() }}

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

    select collection
    from {{ ref('collection') }}
    where service is null

),

own_pay_bands as (

    select pay_band
    from {{ ref('pay_band_register') }}
    where scheme = 'own'

),

notes as (

    select
        value_note,
        precedence
    from {{ ref('value_note') }}

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
            and {{ is_in_force('organisation_areas', 'years.reference_on') }}
    group by
        years.collection,
        years.collection_year,
        organisation_areas.organisation_code

),

services_given as (

    select
        collection,
        collection_year,
        area_code,
        count(distinct service) as services
    from given
    where area_level = 'organisation'
    group by
        collection,
        collection_year,
        area_code

),

-- An organisation's own bands may differ between its services: they are not added up.
service_sums as (

    select
        {%- for column in counted + group %}
        given.{{ column }},
        {%- endfor %}
        count(*) as services,
        count(given.people) as services_with_people,
        sum(given.people) as people,
        min(notes.precedence) as note_precedence
    from given
    inner join collections
        on given.collection = collections.collection
    left join own_pay_bands
        on given.breakdown = own_pay_bands.pay_band
    left join notes
        on given.value_note = notes.value_note
    where given.area_level = 'organisation' and own_pay_bands.pay_band is null
    group by
        given.collection,
        given.collection_year,
        given.area_level,
        given.area_code,
        given.measure,
        given.breakdown,
        given.comparison_group

),

against_services_run as (

    select
        service_sums.*,
        coalesce(service_sums.services_with_people = services_run.services, false) as is_whole,
        case
            when service_sums.services = services_run.services then null
            when services_given.services < services_run.services then 'service_not_returned'
            when
                max(service_sums.services) over (
                    partition by
                        service_sums.collection, service_sums.collection_year, service_sums.area_code,
                        service_sums.measure, service_sums.breakdown
                ) < services_run.services
                then 'blank'
            else 'not_in_detail'
        end as missing_note
    from service_sums
    left join services_run
        on
            service_sums.collection = services_run.collection
            and service_sums.collection_year = services_run.collection_year
            and service_sums.area_code = services_run.organisation_code
    left join services_given
        on
            service_sums.collection = services_given.collection
            and service_sums.collection_year = services_given.collection_year
            and service_sums.area_code = services_given.area_code

),

all_services as (

    select
        {%- for column in counted %}
        sums.{{ column }},
        {%- endfor %}
        'all' as service,
        {%- for column in group %}
        sums.{{ column }},
        {%- endfor %}
        case when sums.is_whole then cast(sums.people as bigint) end as people,
        case when not sums.is_whole then notes.value_note end as value_note
    from against_services_run as sums
    left join notes as missing_notes
        on sums.missing_note = missing_notes.value_note
    left join notes
        on least(sums.note_precedence, missing_notes.precedence) = notes.precedence

),

final as (

    select * from given
    union all
    select * from all_services

)

{{ kept_by_year('final') }}
