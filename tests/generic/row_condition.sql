{% test row_condition(model, condition) %}
{#-
Fails with each row for which a condition is not true: false, or not to be told because a value is missing.

condition: SQL of a boolean over the columns of the model.
-#}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
