{% macro log_factorial(n) -%}
    {#-
    The natural logarithm of n factorial, in closed form.

    n: SQL of a whole number, 0 or more; of a half too, for the gamma function of n + 1.
    Returns: SQL of a double, within 1e-12 of the true value, absolute or relative; NULL where n is NULL or negative.
    Source: Stirling's series for the gamma function (Abramowitz and Stegun 1964, 6.1.41) at n + 8, and the seven
    factors (n + 1) to (n + 7) taken off again: the series needs an argument of about 8 to be this close.
    Why: Fisher's probabilities are ratios of factorials; no table of them has to be kept as long as the largest base.
    -#}
    {%- set whole = 'greatest(' ~ double(n) ~ ', 0)' -%}
    {%- set y = '(' ~ whole ~ ' + 8)' -%}
    case
        when {{ n }} >= 0
            then
                ({{ y }} - 5e-1) * ln({{ y }}) - {{ y }} + ln(2 * pi()) / 2
                + 1 / (12 * {{ y }})
                - 1 / (360 * power({{ y }}, 3))
                + 1 / (1260 * power({{ y }}, 5))
                - 1 / (1680 * power({{ y }}, 7))
                + 1 / (1188 * power({{ y }}, 9))
                {%- for step in range(1, 8) %}
                - ln({{ whole }} + {{ step }})
                {%- endfor %}
    end
{%- endmacro %}
