{% macro double(expression) -%}
    {#-
    A 64-bit floating-point number.

    expression: SQL of a number.
    Returns: the SQL of a cast.
    Why: dbt.type_float() is 32-bit on DuckDB, and a long literal is otherwise a DECIMAL there, which overflows
    when it is multiplied. Engines that spell the type differently add their own <engine>__double.
    -#}
    {{- adapter.dispatch('double')(expression) -}}
{%- endmacro %}


{% macro default__double(expression) -%}
    cast({{ expression }} as double precision)
{%- endmacro %}


{% macro spark__double(expression) -%}
    cast({{ expression }} as double)
{%- endmacro %}
