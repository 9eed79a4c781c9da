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


{% macro change_class(previous, current, lower, upper) -%}
    {#-
    What happened to the distance from parity between two years.

    previous, current: dicts of the SQL of each year's rr (relative likelihood), lower and upper (its 95% limits).
    lower, upper: SQL of the 95% limits of the ratio of the two; no upper limit is NULL.
    Returns: SQL of 'narrowed', 'widened', 'crossed parity', 'no clear change' or 'cannot say'.
    Source: the interval of the change in distance from parity, which is the change in the absolute value of the
        logarithm. On one side of 1 that is the ratio's interval, turned round below 1. On two sides it is the interval
        of the sum of the two logarithms, by MOVER from their limits (Zou and Donner 2008); the ratio's must leave out 1 too.
    Why: 'clear last year, not clear this year' is no evidence of change; only the interval of the change is. Parity is
        crossed only where each year's own interval leaves out 1, on opposite sides. Where half an event was added for
        a zero and points the other way than the values, nothing is clear.
    -#}
    {%- set before, now = natural_log(previous.rr), natural_log(current.rr) -%}
    {%- set sum_lower = '(' ~ before ~ ' + ' ~ now ~ ' - sqrt('
        ~ 'power(' ~ before ~ ' - ' ~ natural_log(previous.lower) ~ ', 2) + power(' ~ now ~ ' - ' ~ natural_log(current.lower) ~ ', 2)))' -%}
    {%- set sum_upper = '(' ~ before ~ ' + ' ~ now ~ ' + sqrt('
        ~ 'power(' ~ natural_log(previous.upper) ~ ' - ' ~ before ~ ', 2) + power(' ~ natural_log(current.upper) ~ ' - ' ~ now ~ ', 2)))' -%}
    case
        when {{ previous.rr }} is null or {{ current.rr }} is null or {{ lower }} is null then 'cannot say'
        when {{ lower }} <= 1 and ({{ upper }} is null or {{ upper }} >= 1) then 'no clear change'
        when {{ previous.upper }} < 1 and {{ current.lower }} > 1 then 'crossed parity'
        when {{ previous.lower }} > 1 and {{ current.upper }} < 1 then 'crossed parity'
        when ({{ previous.rr }} - 1) * ({{ current.rr }} - 1) < 0
            then
                case
                    when 0 in ({{ previous.rr }}, {{ current.rr }}) then 'no clear change'
                    when {{ previous.rr }} > 1 and {{ sum_lower }} > 0 then 'narrowed'
                    when {{ previous.rr }} > 1 and {{ sum_upper }} < 0 then 'widened'
                    when {{ previous.rr }} < 1 and {{ sum_upper }} < 0 then 'narrowed'
                    when {{ previous.rr }} < 1 and {{ sum_lower }} > 0 then 'widened'
                    else 'no clear change'
                end
        when ({{ current.rr }} > {{ previous.rr }}) != ({{ lower }} > 1) then 'no clear change'
        when greatest({{ previous.rr }}, {{ current.rr }}) <= 1
            then case when {{ current.rr }} > {{ previous.rr }} then 'narrowed' else 'widened' end
        else case when {{ current.rr }} < {{ previous.rr }} then 'narrowed' else 'widened' end
    end
{%- endmacro %}
