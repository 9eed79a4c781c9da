{% macro postgres__safe_cast(field, type) -%}
    {#-
    A cast that gives null for a text of no letters.

    field: SQL of a value.
    type: name of a type.
    Returns: the SQL of a cast.
    Why: dbt gives the rows of unit tests their types with it, blank fields too, and PostgreSQL's own cast refuses those.
    -#}
    cast({{ 'null' if field == "''" and type not in ('text', 'varchar', 'character varying') else field }} as {{ column_type(type) }})
{%- endmacro %}
