{% macro log_trend(relation, key) -%}
    {#-
    The straight line through the logarithms of a series of relative likelihoods, each weighed by how sure it is.

    relation: name of a CTE or relation with the columns collection_year, log_ratio, its variance (above 0) and the key;
    at most one row a year.
    key: name of the column that names a series.
    Returns: a select, to be the body of a CTE, one row a series:
        the key;
        years, first_year, last_year;
        slope, the change of the logarithm a year, and slope_error, its standard error; NULL with fewer than two years;
        lack_of_fit_q, the weighted squared distance of the years from the line, and lack_of_fit_df, years less two;
        NULL with fewer than three years;
        fitted_first, fitted_last and fitted_middle, the line at both ends and half-way between them, and middle_error,
        the standard error half-way.
    Source: weighted least squares with known variances (Draper and Smith 1998, chapter 9); as a trend of logarithms of
    ratios, Greenland and Longnecker (1992).
    Why: a year with few events moves the line little. Rounds are not a year apart each time: the year itself is used.
    -#}
    with

    trend_points as (

        select
            {{ key }},
            collection_year,
            {{ double('collection_year') }}
            - min(collection_year) over (partition by {{ key }}) as years_since_first,
            log_ratio,
            1 / nullif(variance, 0) as weight
        from {{ relation }}

    ),

    trend_means as (

        select
            {{ key }},
            count(*) as years,
            min(collection_year) as first_year,
            max(collection_year) as last_year,
            max(years_since_first) as length,
            {{ exact_sum('weight') }} as weight,
            {{ exact_sum('weight * years_since_first') }} / {{ exact_sum('weight') }} as mean_time,
            {{ exact_sum('weight * log_ratio') }} / {{ exact_sum('weight') }} as mean_log_ratio
        from trend_points
        group by {{ key }}

    ),

    trend_slopes as (

        select
            points.{{ key }},
            {{ exact_sum('points.weight * power(points.years_since_first - means.mean_time, 2)') }} as spread,
            {{ exact_sum(
                'points.weight * (points.years_since_first - means.mean_time) '
                ~ '* (points.log_ratio - means.mean_log_ratio)'
            ) }} as shared
        from trend_points as points
        inner join trend_means as means on points.{{ key }} = means.{{ key }}
        group by points.{{ key }}

    ),

    trend_lines as (

        select
            means.*,
            slopes.shared / nullif(slopes.spread, 0) as slope,
            1 / nullif(sqrt(slopes.spread), 0) as slope_error
        from trend_means as means
        inner join trend_slopes as slopes on means.{{ key }} = slopes.{{ key }}

    ),

    trend_distances as (

        select
            points.{{ key }},
            {{ exact_sum(
                'points.weight * power(points.log_ratio - lines.mean_log_ratio '
                ~ '- lines.slope * (points.years_since_first - lines.mean_time), 2)'
            ) }} as distance
        from trend_points as points
        inner join trend_lines as lines on points.{{ key }} = lines.{{ key }}
        group by points.{{ key }}

    ),

    final as (

        select
            lines.{{ key }},
            lines.years,
            lines.first_year,
            lines.last_year,
            lines.slope,
            lines.slope_error,
            case when lines.years > 2 then distances.distance end as lack_of_fit_q,
            case when lines.years > 2 then lines.years - 2 end as lack_of_fit_df,
            lines.mean_log_ratio - lines.slope * lines.mean_time as fitted_first,
            lines.mean_log_ratio + lines.slope * (lines.length - lines.mean_time) as fitted_last,
            lines.mean_log_ratio + lines.slope * (lines.length / 2 - lines.mean_time) as fitted_middle,
            sqrt(
                1 / nullif(lines.weight, 0)
                + power((lines.length / 2 - lines.mean_time) * lines.slope_error, 2)
            ) as middle_error
        from trend_lines as lines
        inner join trend_distances as distances on lines.{{ key }} = distances.{{ key }}

    )

    select * from final
{%- endmacro %}


{% macro trend_class(trend) -%}
    {#-
    Where a series of relative likelihoods is heading.

    trend: name of a relation with the columns of log_trend.
    Returns: SQL of 'towards parity', 'away from parity', 'no clear trend' or 'cannot say' (fewer than three years).
    Source: two-sided 95%, the variable z_95, on errors widened where the years leave the line by more than chance, by
    the square root of Q over its degrees of freedom (Birge 1932).
    Why: a rise that levels off is still a rise, if it stands out from the years' own ups and downs; chance alone is not
    all that they may differ by. Where the line crosses 1 the distance from parity at its two ends is compared: their sum
    is twice the line half-way, which must be clearly off 1 for one end to be clearly further out.
    -#}
    {%- set widened = double(var('z_95')) ~ ' * sqrt(greatest(' ~ trend ~ '.lack_of_fit_q / nullif('
        ~ trend ~ '.lack_of_fit_df, 0), 1))' -%}
    case
        when {{ trend }}.lack_of_fit_q is null then 'cannot say'
        when abs({{ trend }}.slope) <= {{ widened }} * {{ trend }}.slope_error then 'no clear trend'
        when
            {{ trend }}.fitted_first * {{ trend }}.fitted_last < 0
            and abs({{ trend }}.fitted_middle) <= {{ widened }} * {{ trend }}.middle_error
            then 'no clear trend'
        when abs({{ trend }}.fitted_last) < abs({{ trend }}.fitted_first) then 'towards parity'
        else 'away from parity'
    end
{%- endmacro %}
