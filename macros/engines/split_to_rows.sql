{% macro split_to_rows(expression, delimiter) -%}
    {#-
    One row for each part of a text; used in a select list, beside the columns that repeat.

    expression: SQL of a text.
    delimiter: SQL of the text between two parts.
    Returns: the SQL of a set-returning expression.
    Why: there is no standard one. The default is PostgreSQL's.
    -#}
    {{- adapter.dispatch('split_to_rows')(expression, delimiter) -}}
{%- endmacro %}


{% macro default__split_to_rows(expression, delimiter) -%}
    unnest(string_to_array({{ expression }}, {{ delimiter }}))
{%- endmacro %}


{% macro duckdb__split_to_rows(expression, delimiter) -%}
    unnest(string_split({{ expression }}, {{ delimiter }}))
{%- endmacro %}


{% macro spark__split_to_rows(expression, delimiter) -%}
    explode(split({{ expression }}, concat(r'\Q', {{ delimiter }}, r'\E')))
{%- endmacro %}
