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


{% macro same_columns(one, other, columns) -%}
    {#-
    Whether two rows agree in some columns.

    one, other: names of the relations. columns: list of column names, of which none is null.
    Returns: SQL of a condition, for the ON of a join.
    Why: a key of many columns is written once.
    -#}
    {%- for column in columns -%}
        {{ one }}.{{ column }} = {{ other }}.{{ column }}{{ " and " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
