{% test filled_and_unique(model, filled, unique) %}
{#-
Fails with each row that lacks a value in one of some columns, or has the same key as another: the row, and beside it
how many rows have each of its keys.

filled: list of column names.
unique: list of keys, each a list of column names. One test for all of them reads a seed once, and is one node of dbt's.
-#}
select *
from (
    select
        tested.*,
        {%- for key in unique %}
        count(*) over (partition by {{ key | join(', ') }}) as rows_with_key_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }} as tested
) as counted
where
    {% for column in filled -%}
    {{ column }} is null or {% endfor -%}
    {% for key in unique -%}
    rows_with_key_{{ loop.index }} > 1 {{ 'or ' if not loop.last }}
    {%- endfor %}
{% endtest %}
