{% macro fisher_irwin(relation, key) -%}
    {#-
    The exact test of the difference between two groups, for every row of a relation.

    relation: name of a CTE or relation with the columns x1, n1, x2, n2 (whole counts) and the key.
    key: name of the column that is unique to a row.
    Returns: a select, to be the body of a CTE, one row a row of the relation:
        the key;
        fisher_p, two-sided by Irwin's rule: the probability of all tables with these margins that are as likely as the
        one observed, or less likely (within R's relative tolerance of 1e-7);
        mid_p, the same with half the probability of those just as likely taken off.
        Both NULL where not calculable, where nobody or where everybody has the event.
    Source: Fisher (1935); Irwin (1935); mid-p: Lancaster (1961). The rule for when to use it: Campbell (2007).
    Why: where an expected count is below 1 the chi-squared approximation fails. Weights are relative to the observed
    table and to the likeliest one, so that a very small p-value keeps its digits, and are held where no engine
    overflows or underflows. A row costs as many steps as its margins allow tables; bases up to ten million are safe.
    -#}
    with

    fisher_tables as (

        select
            {{ key }},
            cast(x1 as bigint) as x1,
            cast(n1 as bigint) as n1,
            cast(n2 as bigint) as n2,
            cast(x1 + x2 as bigint) as events
        from {{ relation }}
        where
            {{ is_calculable('x1', 'n1', 'x2', 'n2') }}
            and x1 + x2 > 0
            and x1 + x2 < n1 + n2

    ),

    -- The likeliest table lies at the mode of the hypergeometric distribution.
    fisher_modes as (

        select
            *,
            cast(floor({{ double('(events + 1) * (n1 + 1)') }} / (n1 + n2 + 2)) as bigint) as likeliest
        from fisher_tables

    ),

    fisher_reference_weights as (

        select
            *,
            {{ table_log_weight('x1') | indent(12) }} as observed_log_weight,
            {{ table_log_weight('likeliest') | indent(12) }} as largest_log_weight
        from fisher_modes

    ),

    fisher_possible_tables as (

        select
            *,
            {{ integers_between('greatest(events - n2, 0)', 'least(events, n1)') }} as k1
        from fisher_reference_weights

    ),

    fisher_weights as (

        select
            {{ key }},
            observed_log_weight,
            largest_log_weight,
            {{ table_log_weight('k1') | indent(12) }} as log_weight
        from fisher_possible_tables

    ),

    fisher_relative_weights as (

        select
            {{ key }},
            log_weight - observed_log_weight as log_ratio,
            exp(least(greatest(log_weight - observed_log_weight, -700), 1)) as against_observed,
            exp(greatest(log_weight - largest_log_weight, -700)) as against_largest,
            exp(greatest(observed_log_weight - largest_log_weight, -700)) as observed_against_largest
        from fisher_weights

    ),

    fisher_sums as (

        select
            {{ key }},
            max(observed_against_largest) / {{ exact_sum('against_largest') }} as observed_probability,
            {{ exact_sum("case when log_ratio <= 1e-7 then against_observed end") }} as as_likely_or_less,
            {{ exact_sum("case when abs(log_ratio) <= 1e-7 then against_observed end") }} as as_likely
        from fisher_relative_weights
        group by {{ key }}

    ),

    fisher_p_values as (

        select
            {{ key }},
            as_likely_or_less * observed_probability as fisher_p,
            (as_likely_or_less - as_likely / 2) * observed_probability as mid_p
        from fisher_sums

    ),

    final as (

        select
            keyed.{{ key }},
            case when p_values.fisher_p > 1 then 1 else p_values.fisher_p end as fisher_p,
            p_values.mid_p
        from {{ relation }} as keyed
        left join fisher_p_values as p_values on keyed.{{ key }} = p_values.{{ key }}

    )

    select * from final
{%- endmacro %}


{% macro table_log_weight(events1) -%}
    {#-
    The logarithm of how likely a table of two groups is among those with its margins, but for what they share.

    events1: SQL of the events of the comparison group, a whole number that the margins allow.
    Returns: SQL of a double, to stand where n1, n2 and events (of both groups) are columns.
    Source: the hypergeometric distribution.
    Why: the observed table, the likeliest and all others are weighed alike.
    -#}
    -(
        {%- for cell in [events1, 'n1 - ' ~ events1, 'events - ' ~ events1, 'n2 - events + ' ~ events1] %}
        {{ '+ ' if not loop.first }}{{ log_factorial(cell) | indent(8) }}
        {%- endfor %}
    )
{%- endmacro %}


{% macro exact_sum(expression) -%}
    {#-
    A sum of doubles that does not depend on the order in which an engine adds them.

    expression: SQL of a double, at most 1e12 in absolute value, to be rounded to 18 decimal places.
    Returns: SQL of a double; NULL where every value is.
    Source: addition of decimals is exact.
    Why: a rebuild with other threads or another order of files must give the same figure to the last digit.
    -#}
    {{ double('sum(' ~ exact_decimal(expression) ~ ')') }}
{%- endmacro %}
