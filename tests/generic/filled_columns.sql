{% test filled_columns(model, columns) %}
{#-
Fails with each row that lacks a value in one of the columns.

columns: list of column names. One test for all of them reads the table once, and is one node of dbt's and not several.
-#}
select {{ columns | join(', ') }}
from {{ model }}
where
    {{ columns | join(' is null\n    or ') }} is null
{% endtest %}
