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


{% macro open_place_columns(figure, areas) -%}
    {#-
    When and where a figure is of, in the columns of the Department for Education's open data.

    figure: relation with collection_year, area_level and area_code. areas: relation of dim_area for that code.
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
    end as region_name,
    case when {{ figure }}.area_level = 'organisation' then {{ figure }}.area_code end as new_la_code,
    case when {{ figure }}.area_level = 'organisation' then {{ areas }}.area_name end as la_name
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
