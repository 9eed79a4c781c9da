{% macro every_service(name) -%}
    {#-
    The rows of a model with those of all services of an organisation that has one service.

    name: name of a model with the columns service and is_all_services.
    Returns: SQL of a subquery without a name, with the model's columns but is_all_services: each row with its service,
        and again with the service 'all' where it is that of all services too. In a unit test, where the model's
        columns are not known, its rows as they are given.
    Why: nearly every employer has one service, and the figures of all its services are the figures of that one: to
        work them out and to keep them twice would nearly double the largest tables.
    -#}
    {%- set relation = ref(name) -%}
    {%- set node = (graph.nodes | default({})).get('model.' ~ project_name ~ '.' ~ name) -%}
    {%- if node -%}
        {%- set columns = node.columns | reject('equalto', 'is_all_services') | list -%}
        (
            {% for service in ("service", "'all' as service") -%}
            select
                {%- for column in columns %}
                {{ service if column == 'service' else column }}{{ ',' if not loop.last }}
                {%- endfor %}
            from {{ relation }}
            {%- if not loop.last %}
            union all
            {% else %}
            where is_all_services
            {%- endif -%}
            {% endfor %}
        )
    {%- else -%}
        {{- relation -}}
    {%- endif -%}
{%- endmacro %}
