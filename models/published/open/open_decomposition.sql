-- What moved a figure, where both years of everybody and of the matched organisations are shown.
{%- set figure = open_figure_columns() %}
with

parts as (

    select * from {{ ref('fct_decomposition') }}
    where
        definition = 'as_collected'
        and {{ in_open_groups() }}

),

counts as (

    select * from {{ ref('int_open_count') }}
    where area_level != 'organisation'

),

areas as (

    select * from {{ ref('dim_area') }}

),

names as (

    select
        collection,
        indicator_code,
        max(indicator_name) as indicator_name
    from {{ ref('dim_indicator') }}
    group by
        collection,
        indicator_code

),

-- Two panels of two years.
shown as (

    select
        {{ figure | join(',\n        ') }},
        max(case when is_hidden then 1 else 0 end) = 0 and count(*) = 4 as is_shown
    from counts
    group by
        {{ figure | join(',\n        ') }}

),

matched as (

    select
        {% for column in figure -%}
        parts.{{ column }},
        {% endfor -%}
        max(parts.organisations) as organisations
    from parts
    where parts.part = 'within'
    group by
        parts.{{ figure | join(',\n        parts.') }}

),

symbolled as (

    select
        parts.*,
        case
            when parts.factor is null then 'x'
            when not shown.is_shown then 'c'
            when matched.organisations < {{ var('open_spread_organisations') }} then 'c'
        end as part_symbol
    from parts
    inner join shown
        on {{ same_columns('parts', 'shown', figure) }}
    inner join matched
        on {{ same_columns('parts', 'matched', figure) }}

),

final as (

    select
        {{ open_place_columns('symbolled', 'areas', names_organisations=false) }},
        symbolled.service,
        symbolled.indicator_code,
        names.indicator_name,
        symbolled.breakdown,
        symbolled.comparison_group,
        symbolled.reference_group,
        symbolled.previous_year as previous_time_period,
        symbolled.part,
        cast(symbolled.organisations as bigint) as organisations,
        case when symbolled.part_symbol is null then {{ open_rounded('symbolled.factor') }} end as factor,
        symbolled.part_symbol
    from symbolled
    inner join names
        on
            symbolled.collection = names.collection
            and symbolled.indicator_code = names.indicator_code
    left join areas
        on symbolled.area_code = areas.area_code

)

select * from final
order by
    time_period,
    geographic_level,
    region_code,
    service,
    indicator_code,
    breakdown,
    comparison_group,
    reference_group,
    part
