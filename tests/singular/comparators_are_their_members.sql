-- The members of a comparator add up to it, so that what is proved of its members is proved of it.
{%- set figure = ("indicator_code", "definition_version", "breakdown", "comparison_group", "reference_group") %}
{%- set set_key = ("collection", "collection_year", "service", "comparator", "set_code") %}
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

comparators as (

    select * from {{ ref('int_result_comparator') }}
    where numerator is not null and {{ is_year_to_build() }}

),

sets as (

    select * from {{ ref('int_comparator_set') }}
    where {{ is_year_to_build() }}

),

members as (

    select * from {{ ref('int_comparator_set_member') }}
    where {{ is_year_to_build() }}

),

counts as (

    select * from {{ ref('int_organisation_counts') }}
    where
        breakdown = 'all'
        and comparison_group = 'minority_ethnic'
        and reference_group = 'white'
        and {{ is_year_to_build() }}

),

given as (

    select
        {% for column in set_key -%}
        members.{{ column }},
        {% endfor -%}
        members.member_code,
        {% for column in figure -%}
        counts.{{ column }},
        {% endfor -%}
        {% for measure in measures -%}
        sum(counts.{{ measure }}) as {{ measure }},
        {% endfor -%}
        1 as organisations
    from members
    inner join counts
        on
            members.collection = counts.collection
            and members.collection_year = counts.collection_year
            and members.member_code = counts.organisation_code
            and members.member_service = counts.service
    group by
        {% for column in set_key -%}
        members.{{ column }},
        {% endfor -%}
        members.member_code,
        counts.{{ figure | join(',\n        counts.') }}

),

whole as (

    select
        {% for column in set_key + figure -%}
        {{ column }},
        {% endfor -%}
        {% for measure in measures -%}
        sum({{ measure }}) as {{ measure }},
        {% endfor -%}
        count(*) as organisations
    from given
    group by
        {{ (set_key + figure) | join(',\n        ') }}

),

-- The members of a set but the organisation itself.
added as (

    select
        sets.organisation_code,
        {% for column in set_key + figure -%}
        whole.{{ column }},
        {% endfor -%}
        {% for measure in measures -%}
        whole.{{ measure }} - coalesce(own.{{ measure }}, 0) as {{ measure }},
        {% endfor -%}
        whole.organisations - coalesce(own.organisations, 0) as organisations
    from sets
    inner join whole
        on
            {% for column in set_key[:-1] -%}
            sets.{{ column }} = whole.{{ column }}
            and {% endfor -%}
            sets.{{ set_key[-1] }} = whole.{{ set_key[-1] }}
    left join given as own
        on
            {% for column in set_key + figure -%}
            whole.{{ column }} = own.{{ column }}
            and {% endfor -%}
            sets.organisation_code = own.member_code

),

final as (

    select
        comparators.collection,
        comparators.collection_year,
        comparators.organisation_code,
        comparators.service,
        comparators.indicator_code,
        comparators.comparator,
        comparators.comparator_organisations,
        {% for measure in measures -%}
        comparators.{{ measure }},
        added.{{ measure }} as added_{{ measure }},
        {% endfor -%}
        added.organisations as added_organisations
    from comparators
    left join added
        on
            comparators.collection = added.collection
            and comparators.collection_year = added.collection_year
            and comparators.organisation_code = added.organisation_code
            and comparators.service = added.service
            {% for column in figure -%}
            and comparators.{{ column }} = added.{{ column }}
            {% endfor -%}
            and comparators.comparator = added.comparator
    where
        {% for measure in measures -%}
        comparators.{{ measure }} != coalesce(added.{{ measure }}, -1)
        or {% endfor -%}
        comparators.comparator_organisations != coalesce(added.organisations, -1)

)

select * from final
