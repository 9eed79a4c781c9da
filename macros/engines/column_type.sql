{% macro column_type(data_type) -%}
    {#-
    What an engine calls the type of a column.

    data_type: a type as the project's YAML names it, which is DuckDB's name.
    Returns: the engine's name of the type.
    Why: contracts and seeds name types in YAML, where nothing else is dispatched.
    -#}
    {{- adapter.dispatch('column_type')(data_type) -}}
{%- endmacro %}


{% macro default__column_type(data_type) -%}
    {{ data_type }}
{%- endmacro %}


{% macro postgres__column_type(data_type) -%}
    {{ {'double': 'double precision'}.get(data_type, data_type) }}
{%- endmacro %}


{% macro spark__column_type(data_type) -%}
    {{ {'varchar': 'string'}.get(data_type, data_type) }}
{%- endmacro %}


{% macro columns_in_types_of_engine(columns) -%}
    {#-
    The columns of a contract with the engine's names of their types.

    columns: the columns of a model, by name.
    Returns: a copy of them.
    -#}
    {%- set named = {} -%}
    {%- for name, column in columns.items() -%}
        {%- do named.update({name: dict(column, data_type=column_type(column['data_type']))}) -%}
    {%- endfor -%}
    {{ return(named) }}
{%- endmacro %}


{% macro default__get_empty_schema_sql(columns) -%}
    {#-
    dbt's own query of a contract's columns, in the types of the engine.

    columns: the columns of a model, by name.
    Returns: SQL of a query with no rows.
    -#}
    {{ return(dbt.default__get_empty_schema_sql(columns_in_types_of_engine(columns))) }}
{%- endmacro %}


{% macro default__get_table_columns_and_constraints() -%}
    {#-
    dbt's own list of a contract's columns and constraints, in the types of the engine.

    Returns: SQL of the columns and constraints of a table.
    -#}
    {%- set columns = columns_in_types_of_engine(model['columns']) -%}
    {%- set lines = adapter.render_raw_columns_constraints(raw_columns=columns)
        + adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
    {{ return('(' ~ lines | join(', ') ~ ')') }}
{%- endmacro %}


{% macro default__create_csv_table(model, agate_table) -%}
    {#-
    dbt's own way to make the table of a seed, in the types of the engine.

    model: the seed. agate_table: its rows.
    Returns: the SQL that was run.
    -#}
    {%- set types = {} -%}
    {%- for column, data_type in model['config'].get('column_types', {}).items() -%}
        {%- do types.update({column: column_type(data_type)}) -%}
    {%- endfor -%}
    {%- set config = dict(model['config'], column_types=types) -%}
    {{ return(dbt.default__create_csv_table(dict(model, config=config), agate_table)) }}
{%- endmacro %}
