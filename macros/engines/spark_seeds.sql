{% macro spark__create_csv_table(model, agate_table) %}
    {#-
    Make the table of a seed, with its rows.

    model: the seed.
    agate_table: its rows, as dbt read them.
    Returns: the SQL, which has been run.
    Why: dbt-spark puts the values into its statement as they are: an apostrophe ends the statement, and what is empty
    becomes the word None. It also takes the types as they are written, and Spark's varchar must say how long it is.
    -#}
    {%- set types = model.config.column_types -%}
    {%- set columns = agate_table.column_names -%}
    {%- set sql -%}
        create table {{ this.render() }} using parquet as
        select
            {%- for column in columns %}
            {{ cast(column, types[column]) }} as {{ column }}{{ "," if not loop.last }}
            {%- endfor %}
        from values
            {%- for row in agate_table.rows %}
            ({% for value in row %}{{ spark_literal(value) }}{{ ", " if not loop.last }}{% endfor %}){{ "," if not loop.last }}
            {%- endfor %}
            as seed_rows ({{ columns | join(", ") }})
    {%- endset -%}
    {%- call statement('_') -%}
        {{ sql }}
    {%- endcall -%}
    {{ return(sql) }}
{% endmacro %}


{% macro spark__load_csv_rows(model, agate_table) %}
    {#-
    Nothing: the rows of a seed came with its table.

    model: the seed.
    agate_table: its rows, as dbt read them.
    Returns: an empty text.
    Why: dbt loads seeds in two steps; on Spark each step writes files.
    -#}
    {{ return('') }}
{% endmacro %}


{% macro spark_literal(value) -%}
    {#-
    A value as SQL, such as one of a seed.

    value: a text, or none.
    Returns: SQL of a text.
    Why: in Spark's texts a backslash has a meaning of its own, so it is doubled, as is the quote.
    -#}
    {%- if value is none -%}
        null
    {%- else -%}
        '{{ value | string | replace("\\", "\\\\") | replace("'", "\\'") }}'
    {%- endif -%}
{%- endmacro %}
