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

services_expected as (

    select * from {{ ref('int_services_expected') }}

),

-- An organisation's own bands may differ between its services: they are not added up. What cannot exist in one service
-- takes nobody from the sum.
service_sums as (

    select
        {%- for column in counted + group %}
        given.{{ column }},
        {%- endfor %}
        count(*) as services,
        count(case when given.people is not null or given.value_note = 'not_applicable' then 1 end)
            as services_answered,
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

against_services_expected as (

    select
        service_sums.*,
        service_sums.people is not null
        and coalesce(service_sums.services_answered = services_expected.services_expected, false) as is_whole,
        case
            when service_sums.services = services_expected.services_expected then null
            when services_expected.services_returned < services_expected.services_expected then 'service_not_returned'
            when
                max(service_sums.services) over (
                    partition by
                        service_sums.collection, service_sums.collection_year, service_sums.area_code,
                        service_sums.measure, service_sums.breakdown
                ) < services_expected.services_expected
                then 'blank'
            else 'not_in_detail'
        end as missing_note
    from service_sums
    left join services_expected
        on
            service_sums.collection = services_expected.collection
            and service_sums.collection_year = services_expected.collection_year
            and service_sums.area_code = services_expected.organisation_code

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
    from against_services_expected as sums
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
