{% macro unknowns_lower(x1, n1, x2, n2, unknown_events, unknown_base) -%}
    {#-
    The least relative likelihood that any ethnic groups of the people not known could make.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    unknown_events, unknown_base: SQL of the events and the base of the people whose ethnic group is not known.
    Returns: SQL of a double, 0 or more; NULL where not calculable, where the unknown counts are missing or impossible, and
    where nobody in the reference group or not known has the event.
    Source: Manski (1989), worst-case bounds: everyone not known who had the event is in the reference group, everyone
    else not known in the comparison group.
    Why: it holds whatever the reason why some people's ethnic group is not known; no assumption can be checked.
    -#}
    case
        when
            {{ is_calculable(x1, n1, x2, n2) }}
            and {{ unknown_events }} between 0 and {{ unknown_base }}
            then
                {{ double(x1) }} * ({{ n2 }} + {{ unknown_events }})
                / nullif(
                    ({{ double(n1) }} + {{ unknown_base }} - {{ unknown_events }}) * ({{ x2 }} + {{ unknown_events }}), 0
                )
    end
{%- endmacro %}


{% macro unknowns_upper(x1, n1, x2, n2, unknown_events, unknown_base) -%}
    {#-
    The greatest relative likelihood that any ethnic groups of the people not known could make.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    unknown_events, unknown_base: SQL of the events and the base of the people whose ethnic group is not known.
    Returns: SQL of a double, 0 or more; NULL where there is no upper bound (no known event in the reference group), where
    not calculable and where the unknown counts are missing or impossible.
    Source: Manski (1989): everyone not known who had the event is in the comparison group, everyone else not known in
    the reference group.
    Why: as unknowns_lower.
    -#}
    case
        when
            {{ is_calculable(x1, n1, x2, n2) }}
            and {{ unknown_events }} between 0 and {{ unknown_base }}
            then
                ({{ double(x1) }} + {{ unknown_events }}) * ({{ n2 }} + {{ unknown_base }} - {{ unknown_events }})
                / nullif(({{ double(n1) }} + {{ unknown_events }}) * {{ x2 }}, 0)
    end
{%- endmacro %}


{% macro proportional_split(x1, n1, x2, n2, unknown_events, unknown_base) -%}
    {#-
    The relative likelihood if the people not known were of each group in the proportions of those known: their events as
    the known events are, their base as the known base is.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    unknown_events, unknown_base: SQL of the events and the base of the people whose ethnic group is not known.
    Returns: SQL of a double, 0 or more; NULL where there is no relative likelihood of those known, and where the unknown
    counts are missing or impossible.
    Source: arithmetic: both groups' events grow by one factor and both bases by another, and each cancels.
    Why: 'missing at random' has one answer, that of those known; the bounds say what it takes on trust.
    -#}
    case
        when {{ unknown_events }} between 0 and {{ unknown_base }}
            then {{ relative_likelihood(x1, n1, x2, n2) }}
    end
{%- endmacro %}
