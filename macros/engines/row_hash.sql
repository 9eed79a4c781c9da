{% macro row_hash(columns) -%}
    {#-
    A whole number made of a row's values in some columns.

    columns: list of column names.
    Returns: SQL of a 64-bit whole number, the same for the same values, of which null is one. Other values may share it.
    Why: engines group and join by one number in a third of the time that a key of many texts takes; each has a function
    of its own for it.
    -#}
    {{- adapter.dispatch('row_hash')(columns) -}}
{%- endmacro %}


{% macro default__row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}


{% macro postgres__row_hash(columns) -%}
    hash_record_extended(row({{ columns | join(', ') }}), 0)
{%- endmacro %}


{% macro spark__row_hash(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}
