{% macro fill_message(template, parts) -%}
    {#-
    A rule's message with its numbered places filled.

    template: SQL of the message, with places {1}, {2} and so on.
    parts: list of the SQL of the texts for them, in order.
    Returns: SQL of a text; a missing part leaves nothing in its place.
    Why: the wording of a rule stays in the seed.
    -#}
    {%- set filled = namespace(sql=template) -%}
    {%- for part in parts -%}
        {%- set filled.sql = "replace(" ~ filled.sql ~ ", '{" ~ loop.index ~ "}', coalesce(" ~ part ~ ", ''))" -%}
    {%- endfor -%}
    {{ filled.sql }}
{%- endmacro %}
