-- What an organisation may be shown of its comparators: those whose counts say nothing of any one of the others.
{%- set figure = ("indicator_code", "definition_version", "breakdown", "comparison_group", "reference_group") %}
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

),

counts as (

    select * from {{ ref('int_organisation_counts') }}
    where
        breakdown = 'all'
        and comparison_group = 'minority_ethnic'
        and reference_group = 'white'

),

members as (

    select * from {{ ref('int_result_comparator_member') }}

),

-- What each of the others has put into a comparator.
given as (

    select
        members.collection,
        members.collection_year,
        members.organisation_code,
        members.service,
        members.comparator,
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
        members.collection,
        members.collection_year,
        members.organisation_code,
        members.service,
        members.comparator,
        members.member_code,
        counts.{{ figure | join(',\n        counts.') }}

),

by_size as (

    select
        *,
        row_number() over (
            partition by
                collection,
                collection_year,
                organisation_code,
                service,
                comparator,
                {{ figure | join(',\n                ') }}
            order by denominator desc, member_code asc
        ) as place
    from given

),

largest as (

    select
        collection,
        collection_year,
        organisation_code,
        service,
        comparator,
        {% for column in figure -%}
        {{ column }},
        {% endfor -%}
        sum(case when place <= 2 then denominator else 0 end) as largest_two,
        sum(denominator) as everybody
    from by_size
    group by
        collection,
        collection_year,
        organisation_code,
        service,
        comparator,
        {{ figure | join(',\n        ') }}

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

select * from final
