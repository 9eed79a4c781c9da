{% macro chi_squared_upper_tail(relation, key) -%}
    {#-
    The p-value of a chi-squared statistic on any whole number of degrees of freedom, for every row of a relation.

    relation: name of a CTE or relation with the columns chi_squared, df (a whole number) and the key.
    key: name of the column that is unique to a row.
    Returns: a select, to be the body of a CTE, one row a row of the relation:
        the key;
        p_value, from 0 to 1, within 1e-9; 0 below about 1e-18;
        NULL where either is missing, the statistic is negative or there is no degree of freedom.
    Source: Abramowitz and Stegun (1964), 26.4.4 and 26.4.5: the finite series for odd and for even degrees of freedom.
    Both are the sum of (x/2)^a exp(-x/2) / gamma(a + 1) over a = df/2 - 1, df/2 - 2 and so on down to 0 or 1/2; the
    odd one has the two-sided normal tail beside it.
    Why: no engine in use has the distribution. A row costs half as many steps as it has degrees of freedom.
    -#}
    with

    chi_squared_values as (

        select
            {{ key }},
            {{ double('chi_squared') }} as chi_squared,
            cast(df as bigint) as df,
            cast(floor({{ double('df') }} / 2) as bigint) as terms
        from {{ relation }}
        where chi_squared >= 0 and df > 0

    ),

    chi_squared_steps as (

        select
            {{ key }},
            chi_squared,
            df,
            {{ integers_between('1', 'terms') }} as step
        from chi_squared_values
        where terms > 0

    ),

    chi_squared_powers as (

        select
            {{ key }},
            chi_squared / 2 as half,
            {{ double('df') }} / 2 - step as a
        from chi_squared_steps

    ),

    -- (x/2)^0 is 1 where x is 0 too.
    chi_squared_series as (

        select
            {{ key }},
            {{ exact_sum(
                "case when a = 0 then exp(greatest(-half, -700)) else coalesce(exp(greatest(a * "
                ~ natural_log('half') ~ " - half - (" ~ log_factorial('a') ~ "), -700)), 0) end"
            ) }} as series
        from chi_squared_powers
        group by {{ key }}

    ),

    chi_squared_tails as (

        select
            tested.{{ key }},
            coalesce(series.series, 0)
            + case
                when tested.df % 2 = 1 then {{ chi_squared_p_value('tested.chi_squared') | indent(16) }} else 0
            end as p_value
        from chi_squared_values as tested
        left join chi_squared_series as series on tested.{{ key }} = series.{{ key }}

    ),

    final as (

        select
            keyed.{{ key }},
            case when tails.p_value > 1 then 1 else tails.p_value end as p_value
        from {{ relation }} as keyed
        left join chi_squared_tails as tails on keyed.{{ key }} = tails.{{ key }}

    )

    select * from final
{%- endmacro %}
