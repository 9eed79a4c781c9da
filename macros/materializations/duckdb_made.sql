{% macro duckdb_made(relation, sql, in_place_of_old=true) -%}
    {#-
    Make a relation of DuckDB in one transaction, hooks and all.

    relation: the relation, with its type.
    sql: SQL that creates it, or changes it.
    in_place_of_old: whether what has its name is dropped first.
    Why: dbt's own makes a table or a view beside, renames twice and drops, with ten questions to its cache and the
        catalogue, which for a small table is most of its time. In DuckDB a reader, or whoever comes after an error, sees
        the one that was there until the transaction ends.
    -#}
    {%- set existing = load_cached_relation(this) if in_place_of_old -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('main') -%}
        {%- if existing %}
            drop {{ existing.type }} {{ existing }};
        {%- endif %}
        {{ sql }}
    {%- endcall -%}
    {%- if in_place_of_old -%}
        {%- do persist_docs(relation, model) -%}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
{%- endmacro %}
