{% test within_range(model, column_name, at_least=none, at_most=none) %}
{#-
Fails with each row whose value lies outside a range. A row without a value passes.

column_name: name of the column.
at_least: lowest value allowed; none for no lower bound.
at_most: highest value allowed; none for no upper bound.
-#}
{%- if at_least is none and at_most is none -%}
    {{- exceptions.raise_compiler_error("within_range needs at_least or at_most, for " ~ column_name ~ ".") -}}
{%- endif -%}
select {{ column_name }}
from {{ model }}
where
    {% if at_least is not none -%}
    {{ column_name }} < {{ at_least }}
    {%- endif %}
    {% if at_least is not none and at_most is not none -%}
    or {% endif -%}
    {% if at_most is not none -%}
    {{ column_name }} > {{ at_most }}
    {%- endif %}
{% endtest %}
