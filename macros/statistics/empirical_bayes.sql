{% macro shrinkage_weight(variance, tau_squared) -%}
    {#-
    The weight that an organisation's own value keeps when it borrows from the others.

    variance: SQL of the variance of the own logarithm, above 0.
    tau_squared: SQL of the variance between organisations, 0 or more.
    Returns: SQL of a double from 0 (all borrowed) to 1 (all its own); NULL where either is NULL.
    Source: Efron and Morris (1975); for relative risks: Clayton and Kaldor (1987).
    Why: the smaller the organisation, the more of its value is chance.
    -#}
    {{ tau_squared }} / nullif({{ tau_squared }} + {{ variance }}, 0)
{%- endmacro %}


{% macro shrunk_log_ratio(log_ratio, variance, mean, tau_squared) -%}
    {#-
    The logarithm of an organisation's relative likelihood, drawn towards the mean of all organisations.

    log_ratio, variance: SQL of the own logarithm and its variance.
    mean, tau_squared: SQL of the mean over organisations and of the variance between them (see random_effects).
    Returns: SQL of a double between the own value and the mean; NULL where any is NULL.
    Source: as shrinkage_weight.
    Why: an estimate that borrows from other organisations is nearer the truth for most of them than their own value.
    -#}
    (
        {{ mean }}
        + {{ shrinkage_weight(variance, tau_squared) }} * ({{ log_ratio }} - {{ mean }})
    )
{%- endmacro %}


{% macro shrunk_log_variance(variance, tau_squared, mean_error) -%}
    {#-
    The variance of shrunk_log_ratio.

    variance: SQL of the variance of the own logarithm.
    tau_squared, mean_error: SQL of the variance between organisations and of the standard error of their mean.
    Returns: SQL of a double above 0; NULL where any is NULL.
    Source: as shrinkage_weight; the second part is the uncertainty of the mean (Morris 1983).
    Why: limits from the first part alone are too narrow for the smallest organisations.
    -#}
    (
        {{ shrinkage_weight(variance, tau_squared) }} * {{ variance }}
        + power((1 - {{ shrinkage_weight(variance, tau_squared) }}) * {{ mean_error }}, 2)
    )
{%- endmacro %}
