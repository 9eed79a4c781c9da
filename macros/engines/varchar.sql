{% macro varchar() -%}
    {#-
    The type of a text of any length.

    Returns: the SQL of a type, for a cast.
    Why: Spark's varchar must say how long it is; its text of any length is 'string', which PostgreSQL does not have.
    -#}
    {{- adapter.dispatch('varchar')() -}}
{%- endmacro %}


{% macro default__varchar() -%}
    varchar
{%- endmacro %}


{% macro spark__varchar() -%}
    string
{%- endmacro %}
