{% macro is_in_force(dated, day) -%}
    {#-
    Whether a dated row is in force on a day; a blank date is no limit.

    dated: name of a relation with the columns valid_from and valid_to, both included.
    day: SQL of a date.
    Returns: SQL of a boolean.
    Why: one reading of the registers' dates.
    -#}
    {{ day }} >= coalesce({{ dated }}.valid_from, {{ day }})
    and {{ day }} <= coalesce({{ dated }}.valid_to, {{ day }})
{%- endmacro %}
