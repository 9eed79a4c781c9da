{% macro spark__persist_constraints(relation, model) -%}
    {#-
    Drop the steps of a table that was just made, and fail where it breaks a constraint of its contract.

    relation: the table.
    model: its model.
    Returns: nothing.
    Why: on Parquet, Spark has no constraints, and dbt-spark would ask for them all the same. One query of the table asks
    whether they hold: of nothing empty, of a check, and of a key that is there once.
    -#}
    {%- do spark_forget_steps() -%}
    {%- if model.config.contract.enforced -%}
        {%- set broken = [] -%}
        {%- for column in model.columns.values() -%}
            {%- for constraint in column.constraints -%}
                {%- if constraint.type == 'not_null' -%}
                    {%- do broken.append(column.name ~ ' is null') -%}
                {%- elif constraint.type == 'check' -%}
                    {%- do broken.append('not (' ~ constraint.expression ~ ')') -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set counts = ['0'] -%}
        {%- for condition in broken -%}
            {%- do counts.append('count_if(' ~ condition ~ ')') -%}
        {%- endfor -%}
        {%- for constraint in model.constraints if constraint.type == 'primary_key' -%}
            {%- do broken.append(constraint.columns | join(', ') ~ ' is not unique') -%}
            {%- do counts.append('count(*) - count(distinct ' ~ constraint.columns | join(', ') ~ ')') -%}
        {%- endfor -%}
        {%- if execute and broken -%}
            {%- set found = run_query('select ' ~ counts | join(', ') ~ ' from ' ~ relation).rows[0].values() -%}
            {%- for condition in broken -%}
                {%- if found[loop.index] -%}
                    {%- do exceptions.raise_database_error(
                        "A constraint of " ~ relation ~ " does not hold in " ~ found[loop.index] ~ " rows: " ~ condition
                    ) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
