{% macro duckdb__snapshot_get_time() -%}
    {#-
    The time that dbt gives to a change in a snapshot, and to a row that is no longer there.

    Returns: SQL of a timestamp.
    Why: dbt takes the clock's; here every snapshot is of a release, and a release has its own moment.
    -#}
    {{ released_at() }}
{%- endmacro %}
