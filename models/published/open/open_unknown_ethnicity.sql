-- What the people of unknown ethnic group could do to a figure that is shown; few of them are not counted out either.
{%- set figure = open_figure_columns() %}
{%- set threshold = var("disclosure_threshold") %}
with

figures as (

    select * from {{ every_service('fct_indicator') }} as figures
    where
        definition = 'as_collected'
        and area_level != 'organisation'
        and {{ in_open_groups() }}

),

unknowns as (

    select
        {{ figure | join(',\n        ') }},
        unknown_numerator,
        unknown_denominator
    from {{ every_service('int_indicator_counts') }} as figures
    where definition = 'as_collected'

),

counts as (

    select * from {{ ref('int_open_count') }}
    where
        panel = 'all'
        and counted_year = collection_year

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

-- A group with nobody in it, or with enough people.
joined as (

    select
        figures.*,
        not counts.is_hidden as is_shown,
        coalesce(unknowns.unknown_denominator not between 1 and {{ threshold }} - 1, false) as is_base_large,
        coalesce(
            unknowns.unknown_numerator not between 1 and {{ threshold }} - 1
            and unknowns.unknown_denominator - unknowns.unknown_numerator not between 1 and {{ threshold }} - 1,
            false
        ) as is_every_part_large
    from figures
    inner join counts
        on {{ same_columns('figures', 'counts', figure) }}
    left join unknowns
        on {{ same_columns('figures', 'unknowns', figure) }}

),

symbolled as (

    select
        *,
        case
            when unknown_share is null then 'x'
            when not (is_shown and is_base_large) then 'c'
        end as unknown_symbol,
        case
            when unknown_share is null or unknowns_lower is null then 'x'
            when not (is_shown and is_base_large and is_every_part_large) then 'c'
        end as bounds_symbol
    from joined

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
        case
            when symbolled.unknown_symbol is null then {{ open_rounded('symbolled.unknown_share') }}
        end as unknown_share,
        symbolled.unknown_symbol,
        {% for bound in ("unknowns_lower", "unknowns_upper") -%}
        case when symbolled.bounds_symbol is null then {{ open_rounded('symbolled.' ~ bound) }} end as {{ bound }},
        {% endfor -%}
        case when symbolled.bounds_symbol is null then symbolled.depends_on_unknowns end as depends_on_unknowns,
        symbolled.bounds_symbol
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
