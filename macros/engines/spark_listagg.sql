{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {#-
    The texts of a group, one after the other.

    measure: SQL of a text.
    delimiter_text: SQL of the text between two of them.
    order_by_clause: SQL of their order.
    limit_num: not used.
    Returns: SQL of an aggregate.
    Why: dbt-spark's own leaves the order out and warns of it; Spark 4 has the standard listagg.
    -#}
    listagg({{ measure }}, {{ delimiter_text }}) within group ({{ order_by_clause }})
{%- endmacro %}
