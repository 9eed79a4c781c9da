{% macro rate(events, base) -%}
    {#-
    Events as a share of their base.

    events: SQL of a count.
    base: SQL of a count.
    Returns: SQL of a double from 0 to 1; NULL where a count is missing, the base is 0 or the events exceed it.
    Why: one place that guards the division.
    -#}
    case
        when {{ events }} between 0 and {{ base }}
            then {{ double(events) }} / nullif({{ double(base) }}, 0)
    end
{%- endmacro %}


{% macro size_class(relative_likelihood) -%}
    {#-
    How large a relative likelihood is, apart from how sure it is.

    relative_likelihood: SQL of the unrounded value.
    Returns: SQL of 'below', 'within' (limits included) or 'above'; NULL where there is no value.
    Source: the four-fifths convention of NHS WRES; the limits are the variables size_within_from and size_within_to.
    Why: size and evidence are two columns, never one verdict.
    -#}
    case
        when {{ relative_likelihood }} < {{ double(var('size_within_from')) }} then 'below'
        when {{ relative_likelihood }} > {{ double(var('size_within_to')) }} then 'above'
        when {{ relative_likelihood }} is not null then 'within'
    end
{%- endmacro %}


{% macro change_class(previous_log, current_log, lower, upper) -%}
    {#-
    What happened to the distance from parity between two years.

    previous_log, current_log: SQL of the natural logarithms of the two relative likelihoods, with half an event added
        where a count is zero, so that they exist.
    lower, upper: SQL of the 95% limits of their ratio; no upper limit is NULL.
    Returns: SQL of 'narrowed', 'widened', 'crossed parity', 'no clear change' or 'cannot say'.
    Source: the interval of the change in distance from parity, which is that of the ratio where both values lie on the
        same side of 1, turned round below it.
    Why: 'clear last year, not clear this year' is no evidence of change; only the interval of the change is.
    -#}
    case
        when {{ previous_log }} is null or {{ current_log }} is null or {{ lower }} is null then 'cannot say'
        when {{ lower }} <= 1 and ({{ upper }} is null or {{ upper }} >= 1) then 'no clear change'
        when {{ previous_log }} * {{ current_log }} < 0 then 'crossed parity'
        when abs({{ current_log }}) < abs({{ previous_log }}) then 'narrowed'
        else 'widened'
    end
{%- endmacro %}
