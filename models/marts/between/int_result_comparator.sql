-- What an organisation may be shown of its comparators: those whose counts say nothing of any one of the others.
{%- set figure = ("indicator_code", "definition_version", "breakdown", "comparison_group", "reference_group") %}
{%- set set_key = ("collection", "collection_year", "service", "comparator", "set_code") %}
{%- set counts = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
{%- set told = (
    "numerator", "denominator - numerator", "reference_numerator", "reference_denominator - reference_numerator",
) %}
with

comparators as (

    select * from {{ ref('int_comparator_counts') }}
    where
        comparison_group = 'minority_ethnic'
        and reference_group = 'white'
        and {{ is_year_to_build() }}

),

counts as (

    select * from {{ ref('int_organisation_counts') }}
    where
        breakdown = 'all'
        and comparison_group = 'minority_ethnic'
        and reference_group = 'white'
        and {{ is_year_to_build() }}

),

sets as (

    select * from {{ ref('int_comparator_set') }}

),

members as (

    select * from {{ ref('int_comparator_set_member') }}

),

-- What each member has put into a set.
given as (

    select
        {% for column in set_key -%}
        members.{{ column }},
        {% endfor -%}
        members.member_code,
        {% for column in figure -%}
        counts.{{ column }},
        {% endfor -%}
        sum(counts.denominator) as denominator
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

by_size as (

    select
        *,
        row_number() over (
            partition by
                {{ (set_key + figure) | join(',\n                ') }}
            order by denominator desc, member_code asc
        ) as place,
        sum(denominator) over (
            partition by
                {{ (set_key + figure) | join(',\n                ') }}
        ) as everybody
    from given

),

-- The largest two of the others are the first two of the set, or of its first three where it is one of them itself.
largest as (

    select
        sets.collection,
        sets.collection_year,
        sets.organisation_code,
        sets.service,
        sets.comparator,
        {% for column in figure -%}
        first_three.{{ column }},
        {% endfor -%}
        sum(
            case
                when first_three.member_code = sets.organisation_code then 0
                when first_three.place = 3 and coalesce(own.place, 3) > 2 then 0
                else first_three.denominator
            end
        ) as largest_two,
        max(first_three.everybody) - coalesce(max(own.denominator), 0) as everybody
    from sets
    inner join by_size as first_three
        on
            {% for column in set_key -%}
            sets.{{ column }} = first_three.{{ column }}
            and {% endfor -%}
            first_three.place <= 3
    left join by_size as own
        on
            {% for column in set_key + figure -%}
            first_three.{{ column }} = own.{{ column }}
            and {% endfor -%}
            sets.organisation_code = own.member_code
    group by
        sets.collection,
        sets.collection_year,
        sets.organisation_code,
        sets.service,
        sets.comparator,
        first_three.{{ figure | join(',\n        first_three.') }}

),

weighed as (

    select
        comparators.collection,
        comparators.collection_year,
        comparators.organisation_code,
        comparators.service,
        {% for column in figure -%}
        comparators.{{ column }},
        {% endfor -%}
        comparators.comparator,
        comparators.comparator_organisations,
        {% for count in counts -%}
        comparators.{{ count }},
        {% endfor -%}
        case
            when largest.everybody > 0 then {{ double('largest.largest_two') }} / {{ double('largest.everybody') }}
        end as largest_two_share
    from comparators
    left join largest
        on
            comparators.collection = largest.collection
            and comparators.collection_year = largest.collection_year
            and comparators.organisation_code = largest.organisation_code
            and comparators.service = largest.service
            {% for column in figure -%}
            and comparators.{{ column }} = largest.{{ column }}
            {% endfor -%}
            and comparators.comparator = largest.comparator

),

judged as (

    select
        *,
        case
            when comparator_organisations < {{ var('sum_least_organisations') }}
                then 'fewer_than_three_organisations'
            -- Where nobody is in the base it gives nobody away, and there is nothing to show.
            when largest_two_share is null then 'no_base'
            when largest_two_share > {{ var('sum_largest_two') }} then 'two_hold_nearly_all'
            {% for part in told -%}
            when {{ part }} between 1 and {{ var('disclosure_threshold') }} - 1 then 'small_counts'
            {% endfor -%}
        end as hidden_note
    from weighed

),

final as (

    select
        collection,
        collection_year,
        organisation_code,
        service,
        {% for column in figure -%}
        {{ column }},
        {% endfor -%}
        comparator,
        comparator_organisations,
        {% for count in counts -%}
        {{ count }},
        {% endfor -%}
        largest_two_share,
        hidden_note is null as may_be_shown,
        hidden_note
    from judged

)

{{ kept_by_year('final') }}
