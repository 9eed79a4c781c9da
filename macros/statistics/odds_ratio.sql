{% macro odds_ratio(above1, below1, above2, below2) -%}
    {#-
    The odds of the first group over the odds of the second.

    above1, below1: SQL of the two counts of the first group, best columns: they are repeated.
    above2, below2: SQL of the two counts of the second group.
    Returns: SQL of a double above 0; NULL where a count is missing or negative, where a group has nobody in either
    count, and where neither group has anybody in one of them.
    Source: Woolf (1955); half added to all four counts where one is zero: Haldane (1956), Anscombe (1956).
    Why: a disparity ratio of pay bands, and the ratio at each cut of a ladder, are this.
    -#}
    exp({{ log_odds_ratio(above1, below1, above2, below2) }})
{%- endmacro %}


{% macro odds_ratio_lower(above1, below1, above2, below2) -%}
    {#-
    Lower 95% limit of an odds ratio, on the log scale.

    above1, below1: SQL of the two counts of the first group, best columns: they are repeated.
    above2, below2: SQL of the two counts of the second group.
    Returns: SQL of a double above 0; NULL where the odds ratio is.
    Source: Woolf (1955); with a zero: Haldane (1956), Anscombe (1956).
    Why: closed form, and its test of no difference is that of the p-value beside it.
    -#}
    exp(
        {{ log_odds_ratio(above1, below1, above2, below2) | indent(4) }}
        - {{ double(var('z_95')) }} * sqrt({{ log_odds_ratio_variance(above1, below1, above2, below2) }})
    )
{%- endmacro %}


{% macro odds_ratio_upper(above1, below1, above2, below2) -%}
    {#-
    Upper 95% limit of an odds ratio, on the log scale.

    above1, below1: SQL of the two counts of the first group, best columns: they are repeated.
    above2, below2: SQL of the two counts of the second group.
    Returns: SQL of a double above 0; NULL where the odds ratio is.
    Source: Woolf (1955); with a zero: Haldane (1956), Anscombe (1956).
    Why: see odds_ratio_lower.
    -#}
    exp(
        {{ log_odds_ratio(above1, below1, above2, below2) | indent(4) }}
        + {{ double(var('z_95')) }} * sqrt({{ log_odds_ratio_variance(above1, below1, above2, below2) }})
    )
{%- endmacro %}


{% macro odds_ratio_z(above1, below1, above2, below2) -%}
    {#-
    The logarithm of an odds ratio over its standard error.

    above1, below1: SQL of the two counts of the first group, best columns: they are repeated.
    above2, below2: SQL of the two counts of the second group.
    Returns: SQL of a double, to be read against the standard normal distribution; NULL where the odds ratio is.
    Source: Woolf (1955).
    Why: for the p-value that agrees with the limits.
    -#}
    {{ log_odds_ratio(above1, below1, above2, below2) }}
    / nullif(sqrt({{ log_odds_ratio_variance(above1, below1, above2, below2) }}), 0)
{%- endmacro %}


{% macro log_odds_ratio(above1, below1, above2, below2) -%}
    {#-
    The logarithm of an odds ratio, with half added to all four counts where one of them is zero.

    above1, below1: SQL of the two counts of the first group, best columns: they are repeated.
    above2, below2: SQL of the two counts of the second group.
    Returns: SQL of a double; NULL where the odds ratio is.
    Source: Woolf (1955); Haldane (1956); Anscombe (1956).
    Why: limits are set on this scale.
    -#}
    {%- set half = half_where_zero(above1, below1, above2, below2) -%}
    {%- set ratio = '(' ~ double(above1) ~ ' + ' ~ half ~ ') * (' ~ double(below2) ~ ' + ' ~ half ~ ')'
        ~ ' / nullif((' ~ double(below1) ~ ' + ' ~ half ~ ') * (' ~ double(above2) ~ ' + ' ~ half ~ '), 0)' -%}
    case
        when {{ has_odds_ratio(above1, below1, above2, below2) }}
            then {{ natural_log(ratio) }}
    end
{%- endmacro %}


{% macro log_odds_ratio_variance(above1, below1, above2, below2) -%}
    {#-
    The variance of the logarithm of an odds ratio: the sum of one over each count.

    above1, below1: SQL of the two counts of the first group, best columns: they are repeated.
    above2, below2: SQL of the two counts of the second group.
    Returns: SQL of a double above 0; NULL where the odds ratio is.
    Source: Woolf (1955); with half added where a count is zero: Gart and Zweifel (1967).
    Why: one place for limits and test.
    -#}
    {%- set half = half_where_zero(above1, below1, above2, below2) -%}
    case
        when {{ has_odds_ratio(above1, below1, above2, below2) }}
            then
                {%- for count in [above1, below1, above2, below2] %}
                {{ '+ ' if not loop.first }}1 / nullif({{ double(count) }} + {{ half }}, 0)
                {%- endfor %}
    end
{%- endmacro %}


{% macro half_where_zero(above1, below1, above2, below2) -%}
    {#-
    What is added to each of four counts before an odds ratio is formed.

    above1, below1: SQL of the two counts of the first group.
    above2, below2: SQL of the two counts of the second group.
    Returns: SQL of 0.5 where one of the four is zero, else of 0.
    Source: Haldane (1956); Anscombe (1956).
    Why: a ratio with a zero is otherwise 0 or endless, and has no variance.
    -#}
    (case when 0 in ({{ above1 }}, {{ below1 }}, {{ above2 }}, {{ below2 }}) then 5e-1 else 0e0 end)
{%- endmacro %}


{% macro has_odds_ratio(above1, below1, above2, below2) -%}
    {#-
    Whether four counts have an odds ratio to speak of: each group has people, and so has each side.

    above1, below1: SQL of the two counts of the first group.
    above2, below2: SQL of the two counts of the second group.
    Returns: SQL of a boolean; false or NULL where a count is missing or negative.
    Why: with nobody on one side, half a person in each count would answer for both groups.
    -#}
    (
        least({{ above1 }}, {{ below1 }}, {{ above2 }}, {{ below2 }}) >= 0
        and {{ above1 }} + {{ below1 }} > 0
        and {{ above2 }} + {{ below2 }} > 0
        and {{ above1 }} + {{ above2 }} > 0
        and {{ below1 }} + {{ below2 }} > 0
    )
{%- endmacro %}
