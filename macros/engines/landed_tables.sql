{% macro make_landed_tables() %}
    {#-
    Make the tables of the source `landed`, where a run has to make them itself.

    Returns: nothing; called at the start of a run.
    Why: one place for all engines.
    -#}
    {%- if execute and flags.WHICH in ('build', 'run', 'test') -%}
        {%- for statement in landed_tables() -%}
            {%- do run_query(statement) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{% macro landed_tables() %}
    {#-
    The statements that make the tables of the source `landed`, where a run has to make them itself.

    Returns: a list of SQL; empty where the source is there when the run starts.
    Why: in process, Spark's tables last as long as its process, and that is dbt's.
    -#}
    {{ return(adapter.dispatch('landed_tables')()) }}
{% endmacro %}


{% macro default__landed_tables() %}
    {{ return([]) }}
{% endmacro %}


{% macro spark__landed_tables() %}
    {%- set statements = ['create schema if not exists landed'] -%}
    {%- for source in graph.sources.values() if source.source_name == 'landed' -%}
        {%- set columns = [] -%}
        {%- for column in source.columns.values() -%}
            {%- do columns.append(column.name ~ ' ' ~ column_type(column.data_type)) -%}
        {%- endfor -%}
        {%- set table = 'landed.' ~ source.identifier -%}
        {%- set files = env_var('WRES_HOME', '.') ~ '/batches/*/' ~ source.identifier ~ '.parquet' -%}
        {%- do statements.append('drop table if exists ' ~ table) -%}
        {%- do statements.append(
            'create table ' ~ table ~ ' (' ~ columns | join(', ') ~ ') using parquet location ' ~ spark_literal(files)
        ) -%}
    {%- endfor -%}
    {{ return(statements) }}
{% endmacro %}
