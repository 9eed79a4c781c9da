{% macro log_factorial(n) -%}
    {#-
    The natural logarithm of n factorial, in closed form.

    n: SQL of a whole number, 0 or more; of a half too, for the gamma function of n + 1.
    Returns: SQL of a double, within 1e-12 of the true value, absolute or relative; NULL where n is NULL or negative.
    Source: Stirling's series for the gamma function (Abramowitz and Stegun 1964, 6.1.41) at n + 8, and the seven
    factors (n + 1) to (n + 7) taken off again: the series needs an argument of about 8 to be this close.
    Why: Fisher's probabilities are ratios of factorials; no table of them has to be kept as long as the largest base.
    The formula stands outside of any case: DuckDB works out only there once what is written several times.
    -#}
    {%- set whole = 'greatest(' ~ double(n) ~ ', 0)' -%}
    {%- set y = '(' ~ whole ~ ' + 8)' -%}
    {%- set square = '(' ~ y ~ ' * ' ~ y ~ ')' -%}
    {#- 1 / 12y - 1 / 360y^3 + 1 / 1260y^5 - 1 / 1680y^7 + 1 / 1188y^9 -#}
    {%- set series = namespace(sql='1 / 1188e0') -%}
    {%- for divisor in [1680, 1260, 360, 12] -%}
        {%- set series.sql = '(1 / ' ~ divisor ~ 'e0 - ' ~ series.sql ~ ' / ' ~ square ~ ')' -%}
    {%- endfor %}
    case when {{ n }} >= 0 then 0 end
    + ({{ y }} - 5e-1) * ln({{ y }}) - {{ y }} + ln(2 * pi()) / 2
    + {{ series.sql }} / {{ y }}
    - ln({% for step in range(1, 8) %}{{ ' * ' if not loop.first }}({{ whole }} + {{ step }}){% endfor %})
{%- endmacro %}
