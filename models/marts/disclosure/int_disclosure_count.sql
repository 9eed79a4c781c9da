-- The finest counts, of which every count of the open release is a sum.
{%- set key = (
    "collection", "counted_year", "organisation_code", "member_service", "measure", "measure_breakdown",
) %}
with

members as (

    select distinct
        {{ key | join(',\n        ') }},
        ethnic_group,
        people
    from {{ ref('int_disclosure_member') }}

),

groups_of as (

    select
        ethnic_group,
        headline_group
    from {{ ref('ethnic_group_register') }}
    where level = 'major'

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

-- What a headline group holds beside the groups that are counted on their own.
inner_groups as (

    select
        {% for column in key -%}
        parts.{{ column }},
        {% endfor -%}
        wholes.ethnic_group,
        sum(parts.people) as people
    from members as parts
    inner join groups_of
        on parts.ethnic_group = groups_of.ethnic_group
    inner join members as wholes
        on
            {% for column in key -%}
            parts.{{ column }} = wholes.{{ column }}
            and {% endfor -%}
            groups_of.headline_group = wholes.ethnic_group
    where parts.ethnic_group != wholes.ethnic_group
    group by
        {% for column in key -%}
        parts.{{ column }},
        {% endfor -%}
        wholes.ethnic_group

),

final as (

    select
        {% for column in key -%}
        members.{{ column }},
        {% endfor -%}
        members.ethnic_group,
        members.collection
        {% for column in key[1:] -%}
        || '|' || cast(members.{{ column }} as {{ varchar() }})
        {% endfor -%}
        || '|' || members.ethnic_group as count_id,
        cast(members.people - coalesce(inner_groups.people, 0) as bigint) as people,
        coalesce(returns.is_consent_given, false) as is_consent_given
    from members
    left join inner_groups
        on
            {% for column in key -%}
            members.{{ column }} = inner_groups.{{ column }}
            and {% endfor -%}
            members.ethnic_group = inner_groups.ethnic_group
    left join returns
        on
            members.collection = returns.collection
            and members.counted_year = returns.collection_year
            and members.organisation_code = returns.organisation_code
            and members.member_service = returns.service

)

select * from final
