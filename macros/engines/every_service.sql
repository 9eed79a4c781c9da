{% macro every_service(name) -%}
    {#-
    The rows of a model with those of all services of an organisation that has one service.

    name: name of a model with the columns service and is_all_services.
    Returns: SQL of a subquery without a name, with the model's columns but is_all_services: each row with its service,
        and again with the service 'all' where it is that of all services too.
    Why: nearly every employer has one service, and the figures of all its services are the figures of that one: to
        work them out and to keep them twice would nearly double the largest tables.
    -#}
    {{- adapter.dispatch('every_service')(name) -}}
{%- endmacro %}


{% macro duckdb__every_service(name) -%}
    (
        select * exclude (is_all_services)
        from {{ ref(name) }}
        union all
        select * exclude (is_all_services) replace ('all' as service)
        from {{ ref(name) }}
        where is_all_services
    )
{%- endmacro %}


{% macro default__every_service(name) -%}
    {#-
    The same where columns can only be named.

    name: as above.
    Returns: as above; in a unit test, where dbt does not tell the model's columns, its rows as they are given.
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
