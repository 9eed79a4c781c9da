{% test unique_columns(model, columns) %}
{#-
Fails with one row for each combination of columns that stands in more than one row.

columns: list of column names, the grain of the model. Rows are told apart by a number made of their key first, which
takes a third of the time and memory that many texts do; keys that share a number are then compared themselves.
-#}
with

shared_hashes as (

    select {{ row_hash(columns) }} as key_hash
    from {{ model }}
    group by {{ row_hash(columns) }}
    having count(*) > 1

)

select
    {{ columns | join(',\n    ') }},
    count(*) as rows_with_this_key
from {{ model }}
where {{ row_hash(columns) }} in (select shared_hashes.key_hash from shared_hashes)
group by
    {{ columns | join(',\n    ') }}
having count(*) > 1
{% endtest %}
