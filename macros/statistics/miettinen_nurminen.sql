{% macro miettinen_nurminen_lower(x1, n1, x2, n2, z=none) -%}
    {#-
    Lower 95% limit of a relative likelihood by the score method, in closed form.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    z: SQL of another normal quantile than that of 95%, best a column: it is repeated.
    Returns: SQL of a double, 0 or more; NULL where not calculable (see is_calculable).
    Source: Miettinen and Nurminen (1985), the score statistic; Nam (1995), that its limits need no iteration.
    Why: it has a limit in tables with zeros, where Katz has none, and it leaves out 1 exactly when the N-1 chi-squared
    test has p below 0.05.

    At the limit the constrained rates are (x1 - 1/w) / (n1 - 1/w) and (x2 + 1/w) / (n2 + 1/w), w the largest root of
        w (w - 1/x1) (w + 1/x2) = v1 (w + 1/x2) / k + v2 (w - 1/x1) / k,
    v = 1/x - 1/n for each group and k the squared normal quantile times N / (N - 1). It stays a cubic when the groups
    do equally well. It is a quadratic when the reference group has no events. When everyone in the comparison group has
    the event, 1/w may not pass n1, and at that bound the rate of the comparison group is free.
    -#}
    {%- set z_squared = '(' ~ z ~ ' * ' ~ z ~ ')' if z else double((var('z_95') | float) ** 2 ~ 'e0') -%}
    {%- set k = '(' ~ z_squared ~ ' * nullif(' ~ n1 ~ ' + ' ~ n2 ~ ', 0) / nullif(' ~ n1 ~ ' + ' ~ n2 ~ ' - 1, 0))' -%}
    {%- set per_x1 = '(1 / ' ~ double('nullif(' ~ x1 ~ ', 0)') ~ ')' -%}
    {%- set per_n1 = '(1 / ' ~ double('nullif(' ~ n1 ~ ', 0)') ~ ')' -%}
    {%- set per_x2 = '(1 / ' ~ double('nullif(' ~ x2 ~ ', 0)') ~ ')' -%}
    {%- set per_n2 = '(1 / ' ~ double('nullif(' ~ n2 ~ ', 0)') ~ ')' -%}
    {%- set v1 = '(' ~ per_x1 ~ ' - ' ~ per_n1 ~ ')' -%}
    {%- set v2 = '(' ~ per_x2 ~ ' - ' ~ per_n2 ~ ')' -%}
    {%- set rate1 = '(' ~ x1 ~ ' * ' ~ per_n1 ~ ')' -%}
    {%- set rate2 = '(' ~ x2 ~ ' * ' ~ per_n2 ~ ')' -%}

    {#- The cubic w^3 + b w^2 - c w - d, solved by cosines. -#}
    {%- set b = '(' ~ per_x2 ~ ' - ' ~ per_x1 ~ ')' -%}
    {%- set c = '((' ~ v1 ~ ' + ' ~ v2 ~ ') / ' ~ k ~ ' + ' ~ per_x1 ~ ' * ' ~ per_x2 ~ ')' -%}
    {%- set d = '((' ~ per_x1 ~ ' * ' ~ per_n2 ~ ' - ' ~ per_x2 ~ ' * ' ~ per_n1 ~ ') / ' ~ k ~ ')' -%}
    {#- Only where a count is impossible is it as small as that. -#}
    {%- set radius = 'sqrt(greatest(' ~ b ~ ' * ' ~ b ~ ' / 9 + ' ~ c ~ ' / 3, 1e-60))' -%}
    {%- set offset = '(' ~ d ~ ' / 2 - ' ~ b ~ ' * (' ~ c ~ ' / 6 + ' ~ b ~ ' * ' ~ b ~ ' / 27))' -%}
    {%- set cosine = 'least(greatest(' ~ offset ~ ' / (' ~ ([radius] * 3) | join(' * ') ~ '), -1), 1)' -%}
    {%- set w = '(2 * ' ~ radius ~ ' * cos(acos(' ~ cosine ~ ') / 3) - ' ~ b ~ ' / 3)' -%}

    {#- The quadratic w^2 - (1/x1 + 1/k) w + 1/(n1 k). -#}
    {%- set half_sum = '((' ~ per_x1 ~ ' + 1 / ' ~ k ~ ') / 2)' -%}
    {%- set discriminant = half_sum ~ ' * ' ~ half_sum ~ ' - ' ~ per_n1 ~ ' / ' ~ k -%}
    {%- set w_quadratic = '(' ~ half_sum ~ ' + sqrt(greatest(' ~ discriminant ~ ', 0)))' -%}

    {#- At the bound 1/w = n1, whether it is passed, and the limit there. -#}
    {%- set others_left_out = '(1 - ' ~ rate2 ~ ') * ' ~ n1 ~ ' * ' ~ n1 -%}
    {%- set moved = '(' ~ n1 ~ ' + ' ~ x2 ~ ')' -%}
    {#- Rounding may put w on the bound, where nothing is left to take off. -#}
    {%- set least = '1e-30' -%}

    {#- 4 of 4 against 0 of 4 is 'everyone' before it is 'no reference events'. The cubic stands outside of any case:
        DuckDB works out only there once what is written several times. -#}
    case when {{ is_calculable(x1, n1, x2, n2) }} then 1 end
    * coalesce(
        case
            when {{ x1 }} = 0
                then 0
            when {{ x1 }} = {{ n1 }} and {{ others_left_out }} <= {{ k }} * {{ moved }}
                then
                    {{ double(n1) }} * ({{ n1 }} + {{ n2 }})
                    / (({{ n1 }} + {{ k }}) * {{ moved }} - {{ others_left_out }})
            when {{ x2 }} = 0
                then
                    {{ rate1 }}
                    * (1 - {{ v1 }} / greatest({{ w_quadratic }} - {{ per_n1 }}, {{ least }}))
                    * (1 + {{ n2 }} * {{ w_quadratic }})
        end,
        {{ rate1 }} / {{ rate2 }}
        * (1 - {{ v1 }} / greatest({{ w }} - {{ per_n1 }}, {{ least }}))
        * (1 - {{ v2 }} / ({{ w }} + {{ per_x2 }}))
    )
{%- endmacro %}


{% macro miettinen_nurminen_upper(x1, n1, x2, n2, z=none) -%}
    {#-
    Upper 95% limit of a relative likelihood by the score method, in closed form.

    x1, n1: SQL of the events and the base of the comparison group.
    x2, n2: SQL of the events and the base of the reference group.
    z: SQL of another normal quantile than that of 95%, best a column: it is repeated.
    Returns: SQL of a double above 0; NULL where there is no upper limit (no events in the reference group) and where
    not calculable (see is_calculable).
    Source: Miettinen and Nurminen (1985); Nam (1995).
    Why: the method is symmetric, so this is one over the lower limit with the groups exchanged.
    -#}
    1 / nullif({{ miettinen_nurminen_lower(x2, n2, x1, n1, z) }}, 0)
{%- endmacro %}
