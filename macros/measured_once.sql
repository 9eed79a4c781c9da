{% macro measured_once(relation) -%}
    {#-
    Every table of four counts of a relation, measured and tested once.

    relation: name of a CTE with numerator, denominator, reference_numerator and reference_denominator, each table once.
    Returns: a select, to be the body of a CTE and of a model that keeps its rows: one row for each table that can be
        measured, in a build of some years for those that the model does not hold yet.
    Source: as the macros that make the columns say.
    Why: many figures and changes have the same counts, and an interval or an exact test costs more than finding that out.
    -#}
    {%- set table = ("numerator", "denominator", "reference_numerator", "reference_denominator") -%}
    with

    tables as (

        select {{ relation }}.*
        from {{ relation }}
        {%- if is_incremental() %}
        left join {{ this }} as known
            on {{ same_columns(relation, 'known', table) }}
        where known.numerator is null
        {%- endif %}

    ),

    counts as (

        select
            row_number() over (order by {{ table | join(', ') }}) as table_number,
            numerator as x1,
            denominator as n1,
            reference_numerator as x2,
            reference_denominator as n2
        from tables
        where {{ is_calculable(*table) }}

    ),

    compared as (

        select
            counts.*,
            {{ relative_likelihood('x1', 'n1', 'x2', 'n2') }} as relative_likelihood,
            {{ miettinen_nurminen_lower('x1', 'n1', 'x2', 'n2') }} as lower_95,
            {{ miettinen_nurminen_upper('x1', 'n1', 'x2', 'n2') }} as upper_95,
            {{ n_minus_1_chi_squared('x1', 'n1', 'x2', 'n2') }} as chi_squared,
            {{ minimum_expected_count('x1', 'n1', 'x2', 'n2') }} as minimum_expected,
            {{ uses_fisher_irwin('x1', 'n1', 'x2', 'n2') }} as is_fisher_irwin,
            {{ walter_log_ratio('x1', 'n1', 'x2', 'n2') }} as walter_log_ratio,
            {{ walter_variance('x1', 'n1', 'x2', 'n2') }} as walter_variance
        from counts

    ),

    measured as (

        select
            *,
            {{ chi_squared_p_value('chi_squared') | indent(12) }} as chi_squared_p
        from compared

    ),

    -- The exact test costs as many steps as a table has margins: only for the tables that need it.
    small as (

        select
            table_number,
            x1,
            n1,
            x2,
            n2
        from measured
        where is_fisher_irwin

    ),

    exact as (

        {{ fisher_irwin('small', 'table_number') | indent(4) }}

    ),

    detectable as (

        {{ minimum_detectable('counts', 'table_number') | indent(4) }}

    ),

    tested as (

        select
            measured.*,
            exact.mid_p,
            detectable.minimum_detectable,
            case
                when measured.is_fisher_irwin then exact.fisher_p
                else measured.chi_squared_p
            end as p_value
        from measured
        left join exact
            on measured.table_number = exact.table_number
        left join detectable
            on measured.table_number = detectable.table_number

    ),

    final as (

        select
            x1 as numerator,
            n1 as denominator,
            x2 as reference_numerator,
            n2 as reference_denominator,
            relative_likelihood,
            lower_95,
            upper_95,
            p_value,
            mid_p,
            case
                when p_value is null then null
                when is_fisher_irwin then 'fisher-irwin'
                else 'n-1 chi-squared'
            end as test,
            x1 + x2 < {{ var('very_small_events') }} or minimum_expected < 1 as is_very_small,
            minimum_detectable,
            walter_log_ratio,
            walter_variance
        from tested

    )

    select * from final
{%- endmacro %}
