{% macro release_id(moment) -%}
    {#-
    The release that was made at a moment: the inverse of released_at.

    moment: SQL of a timestamp.
    Returns: SQL of a text such as 2026-03-31-2; NULL where the moment is NULL.
    -#}
    cast(cast({{ moment }} as date) as {{ varchar() }})
    || '-'
    || cast(
        cast(extract(hour from {{ moment }}) as integer) * 3600
        + cast(extract(minute from {{ moment }}) as integer) * 60
        + cast(extract(second from {{ moment }}) as integer)
        + 1 as {{ varchar() }}
    )
{%- endmacro %}
