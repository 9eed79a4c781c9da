{% macro materialized() -%}
    {#-
    What stands between the name of a CTE and its body, so that the engine computes the CTE once.

    Returns: SQL: 'as materialized', or 'as' where the engine has no such words.
    Why: PostgreSQL writes a CTE that is read once into its reader. In a chain of steps that each name the last one's
    result several times, the expression then grows by that factor with every step, until the server has no memory.
    Engines without the words add their own <engine>__materialized.
    -#}
    {{- adapter.dispatch('materialized')() -}}
{%- endmacro %}


{% macro default__materialized() -%}
    as materialized
{%- endmacro %}


{% macro duckdb__materialized() -%}
    {#- DuckDB works out a step that is read once where it is read, and each of its columns once. -#}
    as
{%- endmacro %}


{% macro spark__materialized() -%}
    as
{%- endmacro %}
