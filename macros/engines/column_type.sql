{% macro column_type(data_type) -%}
    {#-
    What an engine calls a type.

    data_type: a type as the YAML of models and seeds names it, which is DuckDB's name.
    Returns: the engine's name of the type.
    Why: PostgreSQL's double has two words, and Spark's varchar must say how long it is; its text of any length is string.
    -#}
    {{- adapter.dispatch('column_type')(data_type) -}}
{%- endmacro %}


{% macro default__column_type(data_type) -%}
    {{- data_type -}}
{%- endmacro %}


{% macro postgres__column_type(data_type) -%}
    {{- {'double': 'double precision'}.get(data_type, data_type) -}}
{%- endmacro %}


{% macro spark__column_type(data_type) -%}
    {{- {'varchar': 'string', 'text': 'string'}.get(data_type, data_type) -}}
{%- endmacro %}


{% macro varchar() -%}
    {#-
    The type of a text of any length, for a cast.

    Returns: the engine's name of the type.
    -#}
    {{- column_type('varchar') -}}
{%- endmacro %}


{% macro double(expression) -%}
    {#-
    A 64-bit floating-point number.

    expression: SQL of a number.
    Returns: the SQL of a cast.
    Why: dbt.type_float() is 32-bit on DuckDB, and a long literal is otherwise a DECIMAL there, which overflows
    when it is multiplied.
    -#}
    cast({{ expression }} as {{ column_type('double') }})
{%- endmacro %}


{% macro default__cast(field, type) -%}
    {#-
    dbt's own cast, to the engine's name of a type.

    field: SQL of a value.
    type: a type as the YAML of models and seeds names it.
    Returns: the SQL of a cast.
    Why: with it dbt compares a contract with a model's query, and gives the rows of unit tests their types.
    -#}
    cast({{ field }} as {{ column_type(type) }})
{%- endmacro %}


{% macro default__get_table_columns_and_constraints() -%}
    {#-
    dbt's own list of a contract's columns and constraints, in the engine's names of their types.

    Returns: SQL of the columns and constraints of a table.
    Why: dbt writes the types as the YAML has them.
    -#}
    {%- set columns = {} -%}
    {%- for name, column in model['columns'].items() -%}
        {%- do columns.update({name: dict(column, data_type=column_type(column['data_type']))}) -%}
    {%- endfor -%}
    {%- set lines = (
        adapter.render_raw_columns_constraints(raw_columns=columns)
        + adapter.render_raw_model_constraints(raw_constraints=model['constraints'])
    ) -%}
    {{ return('(' ~ lines | join(', ') ~ ')') }}
{%- endmacro %}


{% macro default__create_csv_table(model, agate_table) -%}
    {#-
    dbt's own way to make the table of a seed, in the engine's names of its types.

    model: the seed.
    agate_table: its rows.
    Returns: the SQL, which has been run.
    Why: dbt writes the types as the YAML has them.
    -#}
    {%- set types = {} -%}
    {%- for column, data_type in model['config'].get('column_types', {}).items() -%}
        {%- do types.update({column: column_type(data_type)}) -%}
    {%- endfor -%}
    {%- set config = dict(model['config'], column_types=types) -%}
    {{ return(dbt.default__create_csv_table(dict(model, config=config), agate_table)) }}
{%- endmacro %}
