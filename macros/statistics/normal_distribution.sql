{% macro normal_tail(distance) -%}
    {#-
    The probability that a standard normal value lies above a distance of 0 or more.

    distance: SQL of a double, 0 or more.
    Returns: SQL of a double from 0 to 0.5; 0 beyond 37.
    Source: Hart and others (1968), as set out by West (2005); relative error below 1e-8 at every distance.
    Why: not every engine has the error function. The exponent is held above the least that a double can carry, since
    some engines raise on underflow. The polynomials stand outside of any case: DuckDB works out only there once what is
    written several times.
    -#}
    {%- set numerator = [
        '3.52624965998911e-2', '7.00383064443688e-1', '6.37396220353165e0', '3.39128660783830e1',
        '1.12079291497871e2', '2.21213596169931e2', '2.20206867912376e2',
    ] -%}
    {%- set denominator = [
        '8.83883476483184e-2', '1.75566716318264e0', '1.60641775792070e1', '8.67807322029461e1',
        '2.96564248779674e2', '6.37333633378831e2', '7.93826512519948e2', '4.40413735824752e2',
    ] -%}
    {#- distance + 1 / (distance + 2 / (distance + 3 / (distance + 4 / (distance + 0.65)))) -#}
    {%- set levels = namespace(sql='6.5e-1') -%}
    {%- for level in [4, 3, 2, 1] -%}
        {%- set levels.sql = level ~ ' / (' ~ distance ~ ' + ' ~ levels.sql ~ ')' -%}
    {%- endfor -%}
    {%- set continued_fraction = '(' ~ distance ~ ' + ' ~ levels.sql ~ ')' -%}
    {%- set density = 'exp(greatest(' ~ distance ~ ' * ' ~ distance ~ ' / -2e0, -700))' %}
    coalesce(
        case
            when {{ distance }} > 37 then 0
            when {{ distance }} >= 7.07106781186547e0 then {{ density }} / (sqrt(2 * pi()) * {{ continued_fraction }})
        end,
        {{ density }} * {{ polynomial(numerator, distance) }} / {{ polynomial(denominator, distance) }}
    )
{%- endmacro %}


{% macro polynomial(coefficients, variable) -%}
    {#-
    A polynomial by Horner's rule.

    coefficients: list of SQL numbers, that of the highest power first.
    variable: SQL of a double.
    Returns: SQL of a double.
    Source: Horner (1819).
    Why: fewest operations, and the coefficients stay readable as a list.
    -#}
    {{- '(' * (coefficients | length) -}}
    {{- coefficients[0] ~ ')' -}}
    {%- for coefficient in coefficients[1:] %} * {{ variable }} + {{ coefficient }}){% endfor -%}
{%- endmacro %}


{% macro normal_cdf(z) -%}
    {#-
    The standard normal distribution function.

    z: SQL of a double, best a column: it is repeated.
    Returns: SQL of a double from 0 to 1; NULL where z is.
    Source: Hart and others (1968), as set out by West (2005).
    Why: see normal_tail.
    -#}
    (case when {{ z }} > 0 then 1 else 0 end)
    + (case when {{ z }} > 0 then -1 else 1 end)
    * {{ normal_tail('abs(' ~ z ~ ')') }}
{%- endmacro %}


{% macro two_sided_p_value(z) -%}
    {#-
    The probability of a standard normal value at least as far from 0 as z, on either side.

    z: SQL of a double, best a column: it is repeated.
    Returns: SQL of a double from 0 to 1; NULL where z is.
    Source: Hart and others (1968), as set out by West (2005).
    Why: from the tail itself, so that a small p-value keeps its digits.
    -#}
    2 * {{ normal_tail('abs(' ~ z ~ ')') }}
{%- endmacro %}


{% macro chi_squared_p_value(chi_squared) -%}
    {#-
    The p-value of a chi-squared statistic on 1 degree of freedom.

    chi_squared: SQL of a double, 0 or more, best a column: it is repeated.
    Returns: SQL of a double from 0 to 1; NULL where the statistic is NULL.
    Source: a chi-squared value on 1 degree of freedom is a squared standard normal value (Pearson 1900).
    Why: no engine in use has the distribution itself.
    -#}
    case when {{ chi_squared }} >= 0 then 2 end
    * {{ normal_tail('sqrt(greatest(' ~ chi_squared ~ ', 0))') }}
{%- endmacro %}
