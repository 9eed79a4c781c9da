{% macro open_figure_columns() -%}
    {#-
    The columns that name a figure of the open release before its place is written the open-data way.

    Returns: a list of column names.
    -#}
    {{ return([
        'collection', 'collection_year', 'area_level', 'area_code', 'service', 'indicator_code', 'breakdown',
        'comparison_group', 'reference_group',
    ]) }}
{%- endmacro %}


{% macro open_place_columns(figure, areas, names_organisations=true) -%}
    {#-
    When and where a figure is of, in the columns of the Department for Education's open data.

    figure: relation with collection_year, area_level and area_code. areas: relation of dim_area for that code.
    names_organisations: false for a table of England and regions alone, which has no columns of an authority.
    Returns: SQL of time_period, time_identifier, geographic_level, country, region and local authority columns.
    Source: Department for Education, Explore Education Statistics, open data standards.
    -#}
    {{ figure }}.collection_year as time_period,
    'Reporting year' as time_identifier,
    case
        when {{ figure }}.area_level = 'national' then 'National'
        when {{ figure }}.area_level = 'region' then 'Regional'
        when {{ areas }}.organisation_kind = 'local authority' then 'Local authority'
        else 'Organisation'
    end as geographic_level,
    '{{ var("england_code") }}' as country_code,
    'England' as country_name,
    case
        when {{ figure }}.area_level = 'region' then {{ figure }}.area_code
        when {{ figure }}.area_level = 'organisation' then {{ areas }}.region_code
    end as region_code,
    case
        when {{ figure }}.area_level = 'region' then {{ areas }}.area_name
        when {{ figure }}.area_level = 'organisation' then {{ areas }}.region_name
    end as region_name
    {%- if names_organisations %},
    case when {{ figure }}.area_level = 'organisation' then {{ figure }}.area_code end as new_la_code,
    case when {{ figure }}.area_level = 'organisation' then {{ areas }}.area_name end as la_name
    {%- endif %}
{%- endmacro %}


{% macro open_rounded(value) -%}
    {#-
    A figure that rests on counts of organisations that are not shown, as coarse as it is given out.

    value: SQL of a number.
    Returns: SQL of a number.
    Why: more decimals would say more of the hidden counts than the figure is there to say.
    -#}
    round({{ value }}, {{ var('open_spread_decimals') }})
{%- endmacro %}


{% macro open_symbol(value, counts, is_hidden, value_note) -%}
    {#-
    Why a derived figure is not there; empty where it is.

    value: SQL of the figure. counts: list of SQL of the counts that it rests on. is_hidden: SQL that is true where one
    of them is confidential. value_note: SQL of the reason that the warehouse gives.
    Returns: SQL of a symbol of seed open_symbol.
    -#}
    case
        when {{ is_hidden }} then 'c'
        when {{ counts | join(' is null or ') }} is null then 'x'
        when {{ value }} is not null then null
        when {{ value_note }} in ('no_base', 'no_reference_events', 'no_comparison_events') then 'z'
        else 'x'
    end
{%- endmacro %}


{% macro in_open_groups(comparison_groups=none) -%}
    {#-
    Whether a figure is of the pairs of groups that the open release shows.

    comparison_groups: list of names; by default those of the standard's own figures.
    Returns: SQL of a condition on comparison_group and reference_group.
    -#}
    comparison_group in ({{ "'" ~ (comparison_groups or var("open_comparison_groups")) | join("', '") ~ "'" }})
    and reference_group = '{{ var("open_reference_group") }}'
{%- endmacro %}


{% macro open_counts() -%}
    {#-
    The counts of a figure of the open release.

    Returns: a list of column names.
    -#}
    {{ return(["numerator", "denominator", "reference_numerator", "reference_denominator"]) }}
{%- endmacro %}


{% macro open_indicator_rows() -%}
    {#-
    The rows of a table of indicators of the open release, of a collection that is protected or of one that is not.

    Reads the model's CTEs symbolled (a figure with its counts as open_<count>, <count>_symbol and likelihood_symbol),
    definitions and areas. Returns: SQL of the CTE final, and of what is selected from it.
    Why: both tables have the same columns in the same order.
    -#}
final as (

    select
        {{ open_place_columns('symbolled', 'areas') }},
        symbolled.service,
        symbolled.indicator_code,
        definitions.indicator_name,
        symbolled.breakdown,
        symbolled.comparison_group,
        symbolled.reference_group,
        cast(symbolled.organisations as bigint) as organisations,
        {% for place in open_counts() -%}
        symbolled.{{ 'open_' ~ place }} as {{ place }},
        symbolled.{{ place ~ '_symbol' }},
        {% endfor -%}
        {% for value in (
            "rate", "reference_rate", "relative_likelihood", "lower_95", "upper_95", "p_value", "size", "evidence",
        ) -%}
        case when symbolled.likelihood_symbol is null then symbolled.{{ value }} end as {{ value }},
        {% endfor -%}
        symbolled.likelihood_symbol
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
    new_la_code,
    service,
    indicator_code,
    breakdown,
    comparison_group,
    reference_group
{%- endmacro %}


{% macro open_change_rows() -%}
    {#-
    The rows of a table of changes of the open release, of a collection that is protected or of one that is not.

    Reads the model's CTEs symbolled (a change with its counts as open_<count>, <count>_symbol and the symbols of what is
    made from them), indicator_names and areas. Returns: SQL of the CTE final, and of what is selected from it.
    Why: both tables have the same columns in the same order.
    -#}
final as (

    select
        {{ open_place_columns('symbolled', 'areas') }},
        symbolled.service,
        symbolled.indicator_code,
        indicator_names.indicator_name,
        symbolled.breakdown,
        symbolled.comparison_group,
        symbolled.reference_group,
        symbolled.previous_year as previous_time_period,
        symbolled.panel,
        cast(symbolled.organisations as bigint) as organisations,
        cast(symbolled.previous_organisations as bigint) as previous_organisations,
        {% for side in ("", "previous_") -%}
        {% for place in open_counts() -%}
        symbolled.{{ 'open_' ~ side ~ place }} as {{ side ~ place }},
        symbolled.{{ side ~ place ~ '_symbol' }},
        {% endfor -%}
        {% endfor -%}
        case
            when symbolled.previous_likelihood_symbol is null then symbolled.previous_relative_likelihood
        end as previous_relative_likelihood,
        symbolled.previous_likelihood_symbol,
        case when symbolled.likelihood_symbol is null then symbolled.relative_likelihood end as relative_likelihood,
        symbolled.likelihood_symbol,
        {% for value in ("ratio_of_ratios", "lower_95", "upper_95", "p_value", "change") -%}
        case when symbolled.change_symbol is null then symbolled.{{ value }} end as {{ value }},
        {% endfor -%}
        symbolled.change_symbol
    from symbolled
    inner join indicator_names
        on
            symbolled.collection = indicator_names.collection
            and symbolled.indicator_code = indicator_names.indicator_code
    left join areas
        on symbolled.area_code = areas.area_code

)

select * from final
order by
    time_period,
    geographic_level,
    region_code,
    new_la_code,
    service,
    indicator_code,
    breakdown,
    comparison_group,
    reference_group,
    panel
{%- endmacro %}
