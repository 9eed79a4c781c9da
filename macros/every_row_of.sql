{% macro every_row_of(relations) -%}
    {#-
    The rows of several relations with the same columns, one after the other.

    relations: list of names of CTEs or tables.
    Returns: SQL of a query.
    Why: a model that gathers checks lists them once, by name.
    -#}
    {%- for relation in relations %}
    select * from {{ relation }}
    {{- "\n    union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
