{% macro spark__cast(field, type) -%}
    {#-
    A cast to a type that a contract or a seed names in DuckDB's words.

    field: SQL of a value.
    type: name of a type, such as varchar.
    Returns: the SQL of a cast.
    Why: dbt casts to the types that the YAML of models and seeds declares, and Spark's varchar must say how long it is.
    -#}
    cast({{ field }} as {{ varchar() if type == 'varchar' or type == 'text' else type }})
{%- endmacro %}
