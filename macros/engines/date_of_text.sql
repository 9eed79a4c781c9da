{% macro date_of_text(text) -%}
    {#-
    The day that a text such as 2025-04-01 names, and null for any other text.

    text: SQL of a text.
    Returns: SQL of a date.
    Why: a cast fails on a text that is no day, and one slip of the keyboard must not stop a build.
    -#}
    {{- adapter.dispatch('date_of_text')(text) -}}
{%- endmacro %}


{% macro default__date_of_text(text) -%}
    case
        when {{ text }} ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$' then cast({{ text }} as date)
        when {{ text }} ~ '^(?!0000)[0-9]{4}-(0[13-9]|1[0-2])-(29|30)$' then cast({{ text }} as date)
        when {{ text }} ~ '^(?!0000)[0-9]{4}-(0[13578]|1[02])-31$' then cast({{ text }} as date)
        when {{ text }} ~ '^([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][48]|[13579][26]|[2468]0)00)-02-29$'
            then cast({{ text }} as date)
    end
{%- endmacro %}


{% macro duckdb__date_of_text(text) -%}
    case
        when {{ text }} similar to '[0-9]{4}-[0-9]{2}-[0-9]{2}' and {{ text }} not like '0000%'
            then try_cast({{ text }} as date)
    end
{%- endmacro %}


{% macro spark__date_of_text(text) -%}
    case
        when {{ text }} rlike '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' and length({{ text }}) = 10 and {{ text }} not like '0000%'
            then try_cast({{ text }} as date)
    end
{%- endmacro %}
