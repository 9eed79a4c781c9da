{% test unique_columns(model, columns) %}
{#-
Fails with one row for each combination of columns that stands in more than one row.

columns: list of column names, the grain of the model.
-#}
select
    {{ columns | join(',\n    ') }},
    count(*) as rows_with_this_key
from {{ model }}
group by
    {{ columns | join(',\n    ') }}
having count(*) > 1
{% endtest %}
