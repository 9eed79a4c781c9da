-- How far organisations differ around a figure that is shown, where they are so many that none can be told.
{%- set figure = open_figure_columns() %}
{%- set places = [
    "collection", "collection_year", "service", "indicator_code", "breakdown", "comparison_group", "reference_group",
] %}
{%- set sizes = ("below", "within", "above") %}
with

pools as (

    select * from {{ ref('fct_between_organisations') }}
    where {{ in_open_groups() }}

),

counts as (

    select * from {{ ref('int_open_count') }}
    where
        panel = 'all'
        and counted_year = collection_year

),

-- An organisation whose figure is not fit counts nowhere.
organisations as (

    select * from {{ every_service('fct_indicator') }} as figures
    where
        definition = 'as_collected'
        and area_level = 'organisation'
        and {{ in_open_groups() }}
        and relative_likelihood is not null
        and fitness != 'not fit'

),

areas as (

    select * from {{ ref('dim_area') }}

),

definitions as (

    select
        collection,
        indicator_code,
        definition_version,
        indicator_name
    from {{ ref('dim_indicator') }}

),

-- Each organisation stands in England and in its region.
placed as (

    select
        {{ places | join(',\n        ') }},
        size,
        evidence,
        'national' as area_level,
        '{{ var("england_code") }}' as area_code
    from organisations

    union all

    select
        organisations.{{ places | join(',\n        organisations.') }},
        organisations.size,
        organisations.evidence,
        'region' as area_level,
        areas.region_code as area_code
    from organisations
    inner join areas
        on organisations.area_code = areas.area_code
    where areas.region_code is not null

),

classed as (

    select
        {{ places | join(',\n        ') }},
        area_level,
        area_code,
        {% for size in sizes -%}
        count(case when size = '{{ size }}' then 1 end) as organisations_{{ size }},
        {% endfor -%}
        count(case when evidence = 'clear' then 1 end) as organisations_clearly_different,
        count(*) as organisations_classed
    from placed
    group by
        {{ places | join(',\n        ') }},
        area_level,
        area_code

),

-- What is true of all of them would be true of each.
symbolled as (

    select
        pools.*,
        {% for size in sizes -%}
        classed.organisations_{{ size }},
        {% endfor -%}
        classed.organisations_clearly_different,
        case
            when classed.organisations_classed is null or pools.mantel_haenszel is null then 'x'
            when counts.is_hidden then 'c'
            when pools.organisations_compared < {{ var('open_spread_organisations') }} then 'c'
            when classed.organisations_classed < {{ var('open_spread_organisations') }} then 'c'
            {% for size in sizes -%}
            when classed.organisations_{{ size }} = classed.organisations_classed then 'c'
            {% endfor -%}
            when classed.organisations_clearly_different = classed.organisations_classed then 'c'
        end as spread_symbol
    from pools
    inner join counts
        on {{ same_columns('pools', 'counts', figure) }}
    left join classed
        on {{ same_columns('pools', 'classed', figure) }}

),

final as (

    select
        {{ open_place_columns('symbolled', 'areas', names_organisations=false) }},
        symbolled.service,
        symbolled.indicator_code,
        definitions.indicator_name,
        symbolled.breakdown,
        symbolled.comparison_group,
        symbolled.reference_group,
        cast(symbolled.organisations_compared as bigint) as organisations_compared,
        {% for size in ("below", "within", "above", "clearly_different") -%}
        cast(
            case when symbolled.spread_symbol is null then symbolled.organisations_{{ size }} end as bigint
        ) as organisations_{{ size }},
        {% endfor -%}
        {% for value in (
            "mantel_haenszel", "mantel_haenszel_lower_95", "mantel_haenszel_upper_95", "random_mean",
            "random_mean_lower_95", "random_mean_upper_95", "prediction_lower_95", "prediction_upper_95", "i_squared",
        ) -%}
        case when symbolled.spread_symbol is null then {{ open_rounded('symbolled.' ~ value) }} end as {{ value }},
        {% endfor -%}
        symbolled.spread_symbol
    from symbolled
    inner join definitions
        on
            symbolled.collection = definitions.collection
            and symbolled.indicator_code = definitions.indicator_code
            and symbolled.definition_version = definitions.definition_version
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
    reference_group
