{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- The layer is the schema, with no prefix: analysts read staging, conformed, marts, published. -#}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
