{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {#-
    Make the table of a model.

    temporary: whether it is a view of this session alone, which a table is not.
    relation: the table.
    compiled_code: SQL of the model.
    language: not used; every model is SQL.
    Returns: the SQL that makes the table. What it reads of spark_steps has been made by then.
    Why: a contract is then compared with the shorter SQL too.
    -#}
    {%- if temporary -%}
        {{ create_temporary_view(relation, compiled_code) }}
    {%- else -%}
        {%- set sql = spark_steps(compiled_code) -%}
        {%- if config.get('contract').enforced -%}
            {{ get_assert_columns_equivalent(sql) }}
            {%- set sql = get_select_subquery(sql) -%}
        {%- endif -%}
        create table {{ relation }} using parquet as
        {{ sql }}
    {%- endif -%}
{%- endmacro %}


{% macro spark_steps(sql) -%}
    {#-
    The SQL of a model in which each step that is read more than once is a table, which has been made.

    sql: of the model: a chain of steps, each of which begins with its name on a line of its own.
    Returns: SQL of the same rows. The tables stay until spark_forget_steps.
    Why: Spark writes a step into each of its readers. Where those are read twice themselves, the plan doubles with every
    step, until it is larger than memory; and planning, not rows, is what most of a build's time goes to.
    -#}
    {#- dbt writes an ephemeral model, or a table of a unit test, before the first step, and begins its line anyhow. -#}
    {%- set parts = modules.re.split('(?m)(?:^|(?<=^\\), )) ?(\\w+) as \\(\\n', sql) -%}
    {%- set reads = modules.re.findall('(?:from|join) (\\w+)', sql) -%}
    {%- set written = {} -%}
    {%- set needed_by = {} -%}
    {%- set made = [] -%}
    {%- set final = namespace(sql=sql) -%}
    {%- for number in range(1, parts | length, 2) -%}
        {%- set step = parts[number] -%}
        {%- set text = step ~ ' as (\n' ~ parts[number + 1] -%}
        {%- set needed = [] -%}
        {%- for other in modules.re.findall('(?:from|join) (\\w+)', text) if other in written -%}
            {%- do needed.extend(needed_by[other] | reject('in', needed)) -%}
        {%- endfor -%}
        {%- set query = [parts[0]] -%}
        {%- for other in needed -%}
            {%- do query.append(written[other]) -%}
        {%- endfor -%}
        {%- do query.append(text) -%}
        {%- if number + 2 > parts | length - 1 -%}
            {%- set final.sql = query | join -%}
        {%- elif reads.count(step) > 1 and (needed or modules.re.search('\\b(join|by|union|distinct)\\b', text)) -%}
            {%- set schema = spark_schema_of_steps() -%}
            {%- if not made -%}
                {%- do spark_forget_steps() -%}
                {%- do run_query('create schema ' ~ schema) -%}
            {%- endif -%}
            {%- do made.append(step) -%}
            {%- do query.append('made as (select * from ' ~ step ~ ') select * from made') -%}
            {%- do run_query('create table ' ~ schema ~ '.' ~ step ~ ' using parquet as ' ~ query | join) -%}
            {%- do written.update({step: step ~ ' as (select * from ' ~ schema ~ '.' ~ step ~ '),\n'}) -%}
            {%- do needed_by.update({step: [step]}) -%}
        {%- else -%}
            {%- do written.update({step: text}) -%}
            {%- do needed_by.update({step: needed + [step]}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(final.sql) }}
{%- endmacro %}


{% macro spark_forget_steps() -%}
    {#-
    Drop the tables of the steps of the model that is being built or tested.

    Returns: nothing.
    Why: see spark_steps.
    -#}
    {%- do run_query('drop schema if exists ' ~ spark_schema_of_steps() ~ ' cascade') -%}
{%- endmacro %}


{% macro spark_schema_of_steps() -%}
    {#-
    The schema of the tables of the steps of the model that is being built or tested.

    Returns: its name; no other model or test has it.
    Why: see spark_steps.
    -#}
    {{ return('steps_' ~ model.unique_id | replace('.', '_')) }}
{%- endmacro %}
