{% macro kitagawa_weight(events, base, total, previous_events, previous_base, previous_total) -%}
    {#-
    What one unit's moving share of a group adds to the change of the group's rate between two years.

    events, base: SQL of the unit's events and base; total: SQL of the group's base over all units.
    previous_events, previous_base, previous_total: the same in the previous year.
    Returns: SQL of a double, the change of the share times the mean of both rates; 0 where the unit has nobody in either
    year; NULL where a total is 0.
    Source: Kitagawa (1955).
    Why: added up over the units, this and kitagawa_within are exactly the change of the group's rate. A unit with nobody
    in one of the years has no rate then; it takes the other year's, so that its coming or going is weight alone.
    -#}
    (
        {{ double(base) }} / nullif({{ double(total) }}, 0)
        - {{ double(previous_base) }} / nullif({{ double(previous_total) }}, 0)
    ) * coalesce(
        {{ double(events) }} / nullif({{ double(base) }}, 0)
        + {{ double(previous_events) }} / nullif({{ double(previous_base) }}, 0),
        2 * {{ double(events) }} / nullif({{ double(base) }}, 0),
        2 * {{ double(previous_events) }} / nullif({{ double(previous_base) }}, 0),
        0
    ) / 2
{%- endmacro %}


{% macro kitagawa_within(events, base, total, previous_events, previous_base, previous_total) -%}
    {#-
    What one unit's own rate adds to the change of the group's rate between two years.

    events, base: SQL of the unit's events and base; total: SQL of the group's base over all units.
    previous_events, previous_base, previous_total: the same in the previous year.
    Returns: SQL of a double, the change of the rate times the mean of both shares; 0 where the unit has nobody in one of
    the years; NULL where a total is 0.
    Source: Kitagawa (1955).
    Why: as kitagawa_weight.
    -#}
    (
        {{ double(base) }} / nullif({{ double(total) }}, 0)
        + {{ double(previous_base) }} / nullif({{ double(previous_total) }}, 0)
    ) / 2 * coalesce(
        {{ double(events) }} / nullif({{ double(base) }}, 0)
        - {{ double(previous_events) }} / nullif({{ double(previous_base) }}, 0),
        0
    )
{%- endmacro %}


{% macro logarithmic_mean(a, b) -%}
    {#-
    The logarithmic mean of two numbers: their difference over the difference of their logarithms.

    a, b: SQL of doubles.
    Returns: SQL of a double between the two, either of them where they are equal; NULL where one is not above 0.
    Source: Carlson (1972); for decompositions Ang (2004).
    Why: a part of a difference divided by it is that part of the difference of the logarithms, and the parts still add
    up. Where the two all but agree the quotient is noise over noise: the mean of both is right to the last digit there.
    -#}
    case
        when {{ a }} > 0 and {{ b }} > 0
            then
                case
                    when abs({{ a }} - {{ b }}) <= 1e-6 * {{ a }} then ({{ a }} + {{ b }}) / 2
                    else ({{ a }} - {{ b }}) / nullif({{ natural_log(a) }} - {{ natural_log(b) }}, 0)
                end
    end
{%- endmacro %}
