{% macro funnel_proportion_limit(centre, base, z, side) -%}
    {#-
    One limit of a funnel of proportions.

    centre: SQL of the proportion that all have in common, from 0 to 1.
    base: SQL of the number of people of the one that is looked at.
    z: SQL of the normal quantile: 1.96 for 95%, 3.09 for 99.8%.
    side: 'lower' or 'upper'.
    Returns: SQL of a double from 0 to 1; NULL where the base is 0 or a value is NULL.
    Source: Spiegelhalter (2005a), 'Funnel plots for comparing institutional performance'.
    Why: small organisations lie further out by chance alone; a funnel says how far.
    -#}
    {%- set error = 'sqrt(greatest(' ~ centre ~ ' * (1 - ' ~ centre ~ '), 0) / nullif(' ~ double(base) ~ ', 0))' -%}
    case
        when {{ centre }} between 0 and 1 and {{ base }} > 0
            then {{ 'greatest' if side == 'lower' else 'least' }}(
                {{ centre }} {{ '-' if side == 'lower' else '+' }} {{ z }} * {{ error }},
                {{ 0 if side == 'lower' else 1 }}
            )
    end
{%- endmacro %}


{% macro funnel_ratio_limit(centre, variance, tau_squared, z, side) -%}
    {#-
    One limit of a funnel of relative likelihoods.

    centre: SQL of the logarithm of the value that all have in common.
    variance: SQL of the variance of the logarithm of the one that is looked at.
    tau_squared: SQL of what over-dispersion adds to it (see funnel_overdispersion); 0 for none.
    z: SQL of the normal quantile: 1.96 for 95%, 3.09 for 99.8%.
    side: 'lower' or 'upper'.
    Returns: SQL of a double above 0; NULL where a value is NULL.
    Source: Spiegelhalter (2005a; 2005b, 'Handling over-dispersion of performance indicators').
    Why: as funnel_proportion_limit.
    -#}
    exp({{ centre }} {{ '-' if side == 'lower' else '+' }} {{ z }} * sqrt({{ variance }} + {{ tau_squared }}))
{%- endmacro %}


{% macro funnel_position(distance, centre, limits) -%}
    {#-
    Where a value lies in a funnel of relative likelihoods.

    distance: SQL of its distance from the centre on the logarithmic scale, in standard errors with over-dispersion.
    centre: SQL of the logarithm of the value that all have in common.
    limits: dict of the SQL of the value's own score limits, lower_95, upper_95, lower_998 and upper_998; no upper limit is
        NULL.
    Returns: SQL of 'inside', 'above 95%', 'above 99.8%', 'below 95%' or 'below 99.8%'; NULL where the distance is NULL.
    Source: Spiegelhalter (2005a); the score limits of Miettinen and Nurminen (1985).
    Why: with half an event added two people of three can seem far out. A value is outside only where its own limits leave
    out the centre too.
    -#}
    {%- set middle = 'exp(' ~ centre ~ ')' -%}
    case
        {%- for level, quantile in [('998', var('z_998')), ('95', var('z_95'))] %}
        {%- set name = '99.8%' if level == '998' else '95%' %}
        when {{ distance }} > {{ double(quantile) }} and {{ limits['lower_' ~ level] }} > {{ middle }} then 'above {{ name }}'
        when {{ distance }} < -{{ double(quantile) }} and {{ limits['upper_' ~ level] }} < {{ middle }} then 'below {{ name }}'
        {%- endfor %}
        when {{ distance }} is not null then 'inside'
    end
{%- endmacro %}


{% macro funnel_overdispersion(relation, key) -%}
    {#-
    How much wider than chance the middle of a funnel is, for each group of rows.

    relation: name of a CTE or relation with the columns y (logarithm), v (its variance, above 0), centre (that of the
        funnel, the same for a group) and the key.
    key: name of the column that is the same for the rows of a group.
    Returns: a select, to be the body of a CTE, one row a group:
        the key;
        phi, the mean of the squared standardised distances from the centre, the outer tenth on each side drawn in; it
        is 1 on average where chance alone is at work;
        funnel_tau_squared, what to add to each variance so that it is: above 0 where phi is above 1, else 0.
    Source: Spiegelhalter (2005b): winsorised at the 10th and 90th percentile, additive random effects.
    Why: without it a funnel of many large organisations has most of them outside. The percentiles are interpolated,
    as the standard's percentile_cont does.
    -#}
    with

    funnel_values as (

        select
            {{ key }},
            1 / v as weight,
            (y - centre) / sqrt(v) as z
        from {{ relation }}
        where v > 0 and y is not null and centre is not null

    ),

    funnel_bounds as (

        select
            {{ key }},
            percentile_cont(1e-1) within group (order by z) as tenth,
            percentile_cont(9e-1) within group (order by z) as ninetieth,
            count(*) as k,
            {{ exact_sum('weight') }} as total_weight
        from funnel_values
        group by {{ key }}

    ),

    funnel_sums as (

        select
            bounds.{{ key }},
            max(bounds.k) as k,
            {{ exact_sum('power(least(greatest(own.z, bounds.tenth), bounds.ninetieth), 2)') }}
            / max(bounds.k) as phi,
            {{ exact_sum('own.weight * (1 - own.weight / bounds.total_weight)') }} as weight_spread
        from funnel_bounds as bounds
        inner join funnel_values as own
            on bounds.{{ key }} = own.{{ key }}
        group by bounds.{{ key }}

    ),

    final as (

        select
            {{ key }},
            phi,
            case
                when phi > 1 and k > 1 then (k * phi - (k - 1)) / nullif(weight_spread, 0)
                else 0
            end as funnel_tau_squared
        from funnel_sums

    )

    select * from final
{%- endmacro %}
