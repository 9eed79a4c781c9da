{% macro duckdb_replaced(created) -%}
    {#-
    Make a relation of DuckDB in place of what has its name, in one transaction.

    created: SQL that creates it.
    Why: dbt's own makes it beside, renames twice and drops, with ten questions to its cache and the catalogue, which for
        a small table is most of its time. In DuckDB a reader, or whoever comes after an error, sees the one that was there
        until the transaction ends.
    -#}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('main') -%}
        {%- if existing %}
            drop {{ existing.type }} {{ existing }};
        {%- endif %}
        {{ created }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
{%- endmacro %}
