{% macro minimum_expected_count(x1, n1, x2, n2) -%}
    {#-
    The least of the four counts that would be expected if both groups had the same rate.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    Returns: SQL of a double, 0 or more; NULL where not calculable.
    Source: Campbell (2007).
    Why: it decides which test is used.
    -#}
    {%- set events = '(' ~ x1 ~ ' + ' ~ x2 ~ ')' -%}
    {%- set total = '(' ~ n1 ~ ' + ' ~ n2 ~ ')' -%}
    case
        when {{ is_calculable(x1, n1, x2, n2) }}
            then
                {{ double('least(' ~ n1 ~ ', ' ~ n2 ~ ')') }}
                * least({{ events }}, {{ total }} - {{ events }})
                / nullif({{ total }}, 0)
    end
{%- endmacro %}


{% macro uses_fisher_irwin(x1, n1, x2, n2) -%}
    {#-
    Whether the difference between two groups is tested by Fisher-Irwin rather than by N-1 chi-squared.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    Returns: SQL of a boolean; NULL where not calculable.
    Source: Campbell (2007): N-1 chi-squared where every expected count is at least 1, else Fisher-Irwin.
    Why: the rule is in one place.
    -#}
    {{ minimum_expected_count(x1, n1, x2, n2) }} < 1
{%- endmacro %}


{% macro pearson_chi_squared(x1, n1, x2, n2) -%}
    {#-
    Pearson's chi-squared statistic of a table of two groups, 1 degree of freedom, no continuity correction.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    Returns: SQL of a double, 0 or more; NULL where not calculable, where nobody or where everybody has the event.
    Source: Pearson (1900).
    Why: the N-1 statistic is this, scaled.
    -#}
    {%- set events = '(' ~ x1 ~ ' + ' ~ x2 ~ ')' -%}
    {%- set total = '(' ~ n1 ~ ' + ' ~ n2 ~ ')' -%}
    {%- set difference = double(x1) ~ ' * ' ~ n2 ~ ' - ' ~ double(x2) ~ ' * ' ~ n1 -%}
    case
        when {{ is_calculable(x1, n1, x2, n2) }}
            then
                {{ total }} * power({{ difference }}, 2)
                / nullif({{ double(n1) }} * {{ n2 }} * {{ events }} * ({{ total }} - {{ events }}), 0)
    end
{%- endmacro %}


{% macro n_minus_1_chi_squared(x1, n1, x2, n2) -%}
    {#-
    The N-1 chi-squared statistic of a table of two groups, 1 degree of freedom.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    Returns: SQL of a double, 0 or more; NULL where not calculable, where nobody or where everybody has the event.
    Source: E. S. Pearson (1947); recommended by Campbell (2007).
    Why: it is the Miettinen-Nurminen statistic at a ratio of 1, so test and interval agree.
    -#}
    {%- set total = n1 ~ ' + ' ~ n2 -%}
    {{ double(total ~ ' - 1') }} / nullif({{ total }}, 0)
    * {{ pearson_chi_squared(x1, n1, x2, n2) }}
{%- endmacro %}
