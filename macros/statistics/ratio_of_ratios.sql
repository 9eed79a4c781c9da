{% macro ratio_of_ratios(previous, current, method='mover') -%}
    {#-
    How many times the relative likelihood of the current year is that of the previous year.

    previous, current: dicts of the SQL of each year's x1, n1, x2, n2, rr, lower and upper.
    method: 'mover' (Walter where a count of events is zero), or 'walter' always.
    Returns: SQL of a double above 0; NULL where either year is not calculable.
    Source: the ratio of the two as published; with a zero, half an event added throughout (Walter 1975).
    Why: change is tested on its own, not read from 'significant last year, not this year'.
    -#}
    case
        when {{ uses_walter(previous, current, method) | indent(8) }}
            then exp({{ walter_log_change(previous, current) | indent(4) }})
        when {{ both_calculable(previous, current) | indent(8) }}
            then {{ current.rr }} / nullif({{ previous.rr }}, 0)
    end
{%- endmacro %}


{% macro ratio_of_ratios_lower(previous, current, method='mover') -%}
    {#-
    Lower 95% limit of the ratio of two years' relative likelihoods.

    previous, current: dicts of the SQL of each year's x1, n1, x2, n2, rr, lower and upper.
    method: 'mover' (Walter where a count of events is zero), or 'walter' always.
    Returns: SQL of a double above 0; NULL where either year is not calculable.
    Source: the method of variance estimates recovery, MOVER (Zou and Donner 2008; Donner and Zou 2012), on the
    logarithms of Miettinen-Nurminen limits; Walter (1975) with a zero.
    Why: it carries the good behaviour of the score limits over to the change between them.
    -#}
    {{ ratio_of_ratios_limit(previous, current, method, 'lower') }}
{%- endmacro %}


{% macro ratio_of_ratios_upper(previous, current, method='mover') -%}
    {#-
    Upper 95% limit of the ratio of two years' relative likelihoods.

    previous, current: dicts of the SQL of each year's x1, n1, x2, n2, rr, lower and upper.
    method: 'mover' (Walter where a count of events is zero), or 'walter' always.
    Returns: SQL of a double above 0; NULL where either year is not calculable.
    Source: as ratio_of_ratios_lower.
    Why: as ratio_of_ratios_lower.
    -#}
    {{ ratio_of_ratios_limit(previous, current, method, 'upper') }}
{%- endmacro %}


{% macro ratio_of_ratios_z(previous, current, method='mover') -%}
    {#-
    The change between two years' relative likelihoods in standard errors of its logarithm.

    previous, current: dicts of the SQL of each year's x1, n1, x2, n2, rr, lower and upper.
    method: 'mover' (Katz variances, Walter where a count of events is zero), or 'walter' always.
    Returns: SQL of a double, negative where the ratio fell; NULL where either year is not calculable.
    Source: Altman and Bland (2003), with the variances of Katz and others (1978) or Walter (1975).
    Why: the p-value is two_sided_p_value of this, given a column of its own: written out in one expression it would be
    repeated some thirty times. Where everyone in both groups of both years has the event nothing differs, and z is 0.
    -#}
    case
        when {{ uses_walter(previous, current, method) | indent(8) }}
            then
                {{ walter_log_change(previous, current) | indent(12) }}
                / {{ walter_standard_error(previous, current) | indent(12) }}
        when {{ both_calculable(previous, current) | indent(8) }}
            then
                {{ natural_log(current.rr ~ ' / nullif(' ~ previous.rr ~ ', 0)') }}
                / sqrt(greatest(
                    {{ recovered_log_variance(previous) | indent(16) }}
                    + {{ recovered_log_variance(current) | indent(16) }},
                    1e-300
                ))
    end
{%- endmacro %}


{% macro both_calculable(previous, current) -%}
    {#-
    Whether both years' counts are tables of two groups.

    previous, current: dicts of the SQL of each year's x1, n1, x2 and n2.
    Returns: SQL of a boolean; false or NULL where a count is missing or impossible.
    Source: as is_calculable.
    Why: each part of a change asks it.
    -#}
    {{ is_calculable(previous.x1, previous.n1, previous.x2, previous.n2) }}
    and {{ is_calculable(current.x1, current.n1, current.x2, current.n2) }}
{%- endmacro %}


{% macro uses_walter(previous, current, method) -%}
    {#-
    Whether a change is computed with half an event added throughout.

    previous, current: dicts of the SQL of each year's x1, n1, x2 and n2.
    method: 'mover', for only where a count of events is zero; or 'walter', for always.
    Returns: SQL of a boolean; false or NULL where either year is not calculable.
    Source: Walter (1975).
    Why: the point, its limits and its p-value must come from the same method.
    -#}
    {%- if method not in ('mover', 'walter') -%}
        {%- set message = "The method of a ratio of ratios is 'mover' or 'walter', not '" ~ method ~ "'." -%}
        {{- exceptions.raise_compiler_error(message) -}}
    {%- endif -%}
    {{ both_calculable(previous, current) }}
    {%- if method == 'mover' %}
    and 0 in ({{ previous.x1 }}, {{ previous.x2 }}, {{ current.x1 }}, {{ current.x2 }})
    {%- endif -%}
{%- endmacro %}


{% macro walter_log_change(previous, current) -%}
    {#-
    The change in the logarithm of a relative likelihood with half an event added throughout.

    previous, current: dicts of the SQL of each year's x1, n1, x2 and n2.
    Returns: SQL of a double; NULL where either year is not calculable.
    Source: Walter (1975).
    Why: point, limits and z share it.
    -#}
    (
        {{ walter_log_ratio(current.x1, current.n1, current.x2, current.n2) | indent(4) }}
        - {{ walter_log_ratio(previous.x1, previous.n1, previous.x2, previous.n2) | indent(4) }}
    )
{%- endmacro %}


{% macro walter_standard_error(previous, current) -%}
    {#-
    The standard error of walter_log_change.

    previous, current: dicts of the SQL of each year's x1, n1, x2 and n2.
    Returns: SQL of a double above 0; NULL where either year is not calculable.
    Source: Walter (1975).
    Why: limits and z share it. The floor only matters where everyone has the event: the change is then exactly 0.
    -#}
    sqrt(greatest(
        {{ walter_variance(previous.x1, previous.n1, previous.x2, previous.n2) | indent(4) }}
        + {{ walter_variance(current.x1, current.n1, current.x2, current.n2) | indent(4) }},
        1e-300
    ))
{%- endmacro %}


{% macro recovered_log_variance(table) -%}
    {#-
    The variance of the logarithm of a year's relative likelihood, for the p-value of a change.

    table: dict of the SQL of x1, n1, x2, n2, lower and upper.
    Returns: SQL of a double above 0; NULL where not calculable or where a group has no events.
    Source: Katz and others (1978); recovered from the limits as in Zou and Donner (2008) where everyone in a group has
    the event.
    Why: of such a group Katz says that chance plays no part, however few they are.
    -#}
    {%- set width = natural_log(table.upper ~ ' / nullif(' ~ table.lower ~ ', 0)') -%}
    case
        when {{ table.x1 }} = {{ table.n1 }} or {{ table.x2 }} = {{ table.n2 }}
            then power({{ width }} / (2 * {{ double(var('z_95')) }}), 2)
        else {{ katz_variance(table.x1, table.n1, table.x2, table.n2) | indent(4) }}
    end
{%- endmacro %}


{% macro ratio_of_ratios_limit(previous, current, method, side) -%}
    {#-
    One 95% limit of the ratio of two years' relative likelihoods.

    previous, current: dicts of the SQL of each year's x1, n1, x2, n2, rr, lower and upper.
    method: 'mover' (Walter where a count of events is zero), or 'walter' always.
    side: 'lower' or 'upper'.
    Returns: SQL of a double above 0; NULL where either year is not calculable.
    Source: as ratio_of_ratios_lower.
    Why: the two limits differ only in sign and in which limit of each year they use.
    -#}
    {%- set sign = '-' if side == 'lower' else '+' -%}
    {%- if side == 'lower' -%}
        {%- set current_part = current.rr ~ ' / nullif(' ~ current.lower ~ ', 0)' -%}
        {%- set previous_part = previous.upper ~ ' / nullif(' ~ previous.rr ~ ', 0)' -%}
    {%- else -%}
        {%- set current_part = current.upper ~ ' / nullif(' ~ current.rr ~ ', 0)' -%}
        {%- set previous_part = previous.rr ~ ' / nullif(' ~ previous.lower ~ ', 0)' -%}
    {%- endif -%}
    case
        when {{ uses_walter(previous, current, method) | indent(8) }}
            then
                exp(
                    {{ walter_log_change(previous, current) | indent(16) }}
                    {{ sign }} {{ double(var('z_95')) }} * {{ walter_standard_error(previous, current) | indent(16) }}
                )
        when {{ both_calculable(previous, current) | indent(8) }}
            then
                {{ current.rr }} / nullif({{ previous.rr }}, 0)
                * exp({{ sign }}sqrt(greatest(
                    power({{ natural_log(current_part) }}, 2)
                    + power({{ natural_log(previous_part) }}, 2),
                    0
                )))
    end
{%- endmacro %}
