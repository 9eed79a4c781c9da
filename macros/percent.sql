{% macro percent(share) -%}
    {#-
    A share in whole per cent, as a message says it.

    share: SQL of a share, 0 or more.
    Returns: SQL of a text without the sign; a half goes up.
    Why: what round makes of a half differs between engines.
    -#}
    cast(cast(floor(100 * {{ share }} + 0.5) as bigint) as {{ varchar() }})
{%- endmacro %}
