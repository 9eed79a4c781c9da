{% macro indicator_key_columns() -%}
    {#-
    The columns that name one figure.

    Returns: a list of column names: collection, year, area, service, definition, indicator, breakdown and the two groups.
    -#}
    {{ return([
        'collection', 'collection_year', 'area_level', 'area_code', 'service', 'definition',
        'indicator_code', 'breakdown', 'comparison_group', 'reference_group',
    ]) }}
{%- endmacro %}


{% macro indicator_key(table) -%}
    {#-
    One text that names one figure.

    table: name of the relation that has the key columns.
    Returns: SQL of a text, unique to a row.
    Why: the history of a figure is followed by one column.
    -#}
    {%- for column in indicator_key_columns() -%}
        cast({{ table }}.{{ column }} as {{ varchar() }}){{ " || '|' || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
