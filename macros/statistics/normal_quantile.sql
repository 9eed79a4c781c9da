{% macro normal_quantile(p) -%}
    {#-
    The standard normal value below which a probability lies.

    p: SQL of a double between 0 and 1, best a column: it is repeated.
    Returns: SQL of a double; NULL where p is NULL, 0 or less, or 1 or more.
    Source: Wichura (1988), algorithm AS 241, relative error about 1e-16.
    Why: no engine in use has it, and levels that depend on a number of organisations cannot be looked up.
    -#}
    {%- set middle = {
        'above': [
            '2.5090809287301226727e3', '3.3430575583588128105e4', '6.7265770927008700853e4', '4.5921953931549871457e4',
            '1.3731693765509461125e4', '1.9715909503065514427e3', '1.3314166789178437745e2', '3.3871328727963666080e0',
        ],
        'below': [
            '5.2264952788528545610e3', '2.8729085735721942674e4', '3.9307895800092710610e4', '2.1213794301586595867e4',
            '5.3941960214247511077e3', '6.8718700749205790830e2', '4.2313330701600911252e1', '1e0',
        ],
    } -%}
    {%- set outer = {
        'above': [
            '7.74545014278341407640e-4', '2.27238449892691845833e-2', '2.41780725177450611770e-1',
            '1.27045825245236838258e0', '3.64784832476320460504e0', '5.76949722146069140550e0',
            '4.63033784615654529590e0', '1.42343711074968357734e0',
        ],
        'below': [
            '1.05075007164441684324e-9', '5.47593808499534494600e-4', '1.51986665636164571966e-2',
            '1.48103976427480074590e-1', '6.89767334985100004550e-1', '1.67638483018380384940e0',
            '2.05319162663775882187e0', '1e0',
        ],
    } -%}
    {%- set far = {
        'above': [
            '2.01033439929228813265e-7', '2.71155556874348757815e-5', '1.24266094738807843860e-3',
            '2.65321895265761230930e-2', '2.96560571828504891230e-1', '1.78482653991729133580e0',
            '5.46378491116411436990e0', '6.65790464350110377720e0',
        ],
        'below': [
            '2.04426310338993978564e-15', '1.42151175831644588870e-7', '1.84631831751005468180e-5',
            '7.86869131145613259100e-4', '1.48753612908506148525e-2', '1.36929880922735805310e-1',
            '5.99832206555887937690e-1', '1e0',
        ],
    } -%}
    {%- set from_middle = '(' ~ p ~ ' - 5e-1)' -%}
    {%- set near = '(1.80625e-1 - ' ~ from_middle ~ ' * ' ~ from_middle ~ ')' -%}
    {%- set depth = 'sqrt(greatest(-' ~ natural_log('least(' ~ p ~ ', 1 - ' ~ p ~ ')') ~ ', 0))' -%}
    case
        when {{ p }} <= 0 or {{ p }} >= 1 then null
        when abs({{ from_middle }}) <= 4.25e-1
            then
                {{ from_middle }} * {{ polynomial(middle.above, near) }}
                / {{ polynomial(middle.below, near) }}
        when {{ depth }} <= 5
            then
                sign({{ from_middle }}) * {{ polynomial(outer.above, '(' ~ depth ~ ' - 1.6e0)') }}
                / {{ polynomial(outer.below, '(' ~ depth ~ ' - 1.6e0)') }}
        else
            sign({{ from_middle }}) * {{ polynomial(far.above, '(' ~ depth ~ ' - 5)') }}
            / {{ polynomial(far.below, '(' ~ depth ~ ' - 5)') }}
    end
{%- endmacro %}


{% macro student_t_quantile(degrees_of_freedom) -%}
    {#-
    The 97.5% quantile of Student's t for many degrees of freedom.

    degrees_of_freedom: SQL of a whole number, 200 or more.
    Returns: SQL of a double, within 1e-10 of the true value; NULL where there are fewer degrees of freedom.
    Source: the expansion around the normal quantile of Fisher and Cornish (1960), also in Abramowitz and Stegun (1964),
    26.7.5.
    Why: a seed has the first 200, where the expansion is not close; this goes on from there without end.
    -#}
    {%- set z = double(var('z_95')) -%}
    {%- set n = double(degrees_of_freedom) -%}
    case
        when {{ degrees_of_freedom }} >= 200
            then
                {{ z }}
                + (power({{ z }}, 3) + {{ z }}) / (4 * {{ n }})
                + (5 * power({{ z }}, 5) + 16 * power({{ z }}, 3) + 3 * {{ z }}) / (96 * power({{ n }}, 2))
                + (3 * power({{ z }}, 7) + 19 * power({{ z }}, 5) + 17 * power({{ z }}, 3) - 15 * {{ z }})
                / (384 * power({{ n }}, 3))
                + (
                    79 * power({{ z }}, 9) + 776 * power({{ z }}, 7) + 1482 * power({{ z }}, 5)
                    - 1920 * power({{ z }}, 3) - 945 * {{ z }}
                ) / (92160 * power({{ n }}, 4))
    end
{%- endmacro %}
