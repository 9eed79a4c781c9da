{% materialization unit, adapter='spark' -%}
    {#-
    dbt's own unit test, of the SQL of spark_steps.

    Why: the steps of a model double in its tests too.
    -#}
    {%- set expected_rows = config.get('expected_rows') -%}
    {%- set actual = spark_steps(sql) -%}
    {%- set view = make_temp_relation(this.incorporate(type='table')) -%}
    {%- do run_query(get_create_table_as_sql(True, view, get_empty_subquery_sql(actual))) -%}
    {%- set types = {} -%}
    {%- set quoted = {} -%}
    {%- for column in adapter.get_columns_in_relation(view) -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
        {%- do quoted.update({column.name | lower: column.quoted}) -%}
    {%- endfor -%}
    {%- set expected = config.get('expected_sql') or get_expected_sql(expected_rows, types, quoted) -%}
    {%- set tested = [] -%}
    {%- for name in (expected_rows[0] if expected_rows else types) -%}
        {%- do tested.append(quoted[name | lower]) -%}
    {%- endfor -%}
    {%- call statement('main', fetch_result=True) -%}
        {{ get_unit_test_sql(actual, expected, tested) }}
    {%- endcall -%}
    {%- do adapter.drop_relation(view) -%}
    {%- do spark_forget_steps() -%}
    {{ return({'relations': []}) }}
{%- endmaterialization %}
