{% macro random_effects(relation, key) -%}
    {#-
    How far logarithms of relative likelihoods differ beyond chance, and their means, for each group of rows.

    relation: name of a CTE or relation with the columns y (value), v (its variance, above 0) and the key.
    key: name of the column that is the same for the rows of a group.
    Returns: a select, to be the body of a CTE, one row a group:
        the key;
        k, the number of rows with a value and a variance above 0;
        fixed_mean, weighted by 1 / v;
        q and q_df, Cochran's statistic of homogeneity and its degrees of freedom, k - 1;
        i_squared, the share of the variation that is not chance, from 0 up to 1;
        tau_squared, the variance between the true values, 0 or more;
        random_mean and random_error, the mean weighted by 1 / (v + tau_squared) and its standard error.
        Where k is 1 only k, fixed_mean, q and q_df: one value has no spread.
    Source: Cochran (1954); DerSimonian and Laird (1986); I squared: Higgins and Thompson (2002).
    Why: closed form, three passes. With rare events half an event added draws the mean towards 1, so that it is for
    the spread, and Mantel and Haenszel's is the headline.
    -#}
    with

    random_effects_values as (

        select
            {{ key }},
            y,
            v
        from {{ relation }}
        where v > 0 and y is not null

    ),

    random_effects_fixed as (

        select
            {{ key }},
            count(*) as k,
            {{ exact_sum('1 / v') }} as weight,
            {{ exact_sum('y / v') }} / nullif({{ exact_sum('1 / v') }}, 0) as fixed_mean
        from random_effects_values
        group by {{ key }}

    ),

    random_effects_spread as (

        select
            fixed.{{ key }},
            max(fixed.k) as k,
            max(fixed.fixed_mean) as fixed_mean,
            {{ exact_sum('power(own.y - fixed.fixed_mean, 2) / own.v') }} as q,
            max(fixed.k) - 1 as q_df,
            -- The sum of weights less the sum of their squares over it, without the subtraction's loss.
            {{ exact_sum('(1 - 1 / own.v / fixed.weight) / own.v') }} as weight_spread
        from random_effects_fixed as fixed
        inner join random_effects_values as own
            on fixed.{{ key }} = own.{{ key }}
        group by fixed.{{ key }}

    ),

    random_effects_between as (

        select
            {{ key }},
            k,
            fixed_mean,
            q,
            q_df,
            case
                when k > 1 and q > q_df then (q - q_df) / q
                when k > 1 then 0
            end as i_squared,
            case
                when k > 1 and q > q_df then (q - q_df) / nullif(weight_spread, 0)
                when k > 1 then 0
            end as tau_squared
        from random_effects_spread

    ),

    random_effects_means as (

        select
            spread.{{ key }},
            {{ exact_sum('own.y / (own.v + spread.tau_squared)') }}
            / nullif({{ exact_sum('1 / (own.v + spread.tau_squared)') }}, 0) as random_mean,
            sqrt(1 / nullif({{ exact_sum('1 / (own.v + spread.tau_squared)') }}, 0)) as random_error
        from random_effects_between as spread
        inner join random_effects_values as own
            on spread.{{ key }} = own.{{ key }}
        group by spread.{{ key }}

    ),

    final as (

        select
            spread.{{ key }},
            spread.k,
            spread.fixed_mean,
            spread.q,
            spread.q_df,
            spread.i_squared,
            spread.tau_squared,
            means.random_mean,
            means.random_error
        from random_effects_between as spread
        left join random_effects_means as means
            on spread.{{ key }} = means.{{ key }}

    )

    select * from final
{%- endmacro %}


{% macro prediction_limit(mean, error, tau_squared, quantile, side) -%}
    {#-
    One limit of the interval in which the true value of another organisation would lie.

    mean, error: SQL of the random-effects mean of logarithms and of its standard error.
    tau_squared: SQL of the variance between organisations.
    quantile: SQL of the 97.5% quantile of Student's t with two degrees of freedom fewer than organisations.
    side: 'lower' or 'upper'.
    Returns: SQL of a double above 0; NULL where a value is NULL, so for fewer than three organisations.
    Source: Higgins, Thompson and Spiegelhalter (2009).
    Why: the interval of a mean says nothing of how far organisations lie apart.
    -#}
    exp({{ mean }} {{ '-' if side == 'lower' else '+' }} {{ quantile }} * sqrt({{ tau_squared }} + power({{ error }}, 2)))
{%- endmacro %}
