{% macro home_functions() %}
    {#-
    Statements that say to the database which home it is of, and which release is asked for: functions named like the
    environment variables, that the sources of files call for their paths.

    Returns: SQL, run at the start of a run; empty where no source is a file.
    Why: dbt parses every model of a source anew when a variable in the source's own text has changed.
    -#}
    {{ return(adapter.dispatch('home_functions')()) }}
{% endmacro %}


{% macro default__home_functions() %}
    {{ return('') }}
{% endmacro %}


{% macro duckdb__home_functions() %}
    {%- for variable, default in [('WRES_HOME', '.'), ('WRES_RELEASE', 'none'), ('WRES_OPEN_RELEASE', 'none')] %}
        create or replace macro main.{{ variable | lower }}() as '{{ env_var(variable, default) | replace("'", "''") }}';
    {%- endfor %}
{% endmacro %}
