-- The line through each series of rounds, for everybody who took part and for those who did in every round of it.
{%- set key = (
    "collection", "area_level", "area_code", "service", "definition", "indicator_code", "breakdown",
    "comparison_group", "reference_group",
) %}
{%- set member = ("area_series_number", "organisation_code", "unit_service") %}
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
with

not_fit as (

    select
        collection,
        collection_year,
        'organisation' as area_level,
        area_code,
        service,
        indicator_code,
        true as is_not_fit
    from {{ ref('fct_fitness') }}
    where fitness = 'not fit'

),

figures as (

    select
        counts.*,
        coalesce(not_fit.is_not_fit, false) as is_not_fit,
        coalesce(
            counts.value_note is null
            and counts.numerator <= counts.denominator
            and counts.reference_numerator <= counts.reference_denominator,
            false
        ) as is_usable
    from {{ every_service('int_indicator_counts') }} as counts
    left join not_fit
        on
            counts.collection = not_fit.collection
            and counts.collection_year = not_fit.collection_year
            and counts.area_level = not_fit.area_level
            and counts.area_code = not_fit.area_code
            and counts.service = not_fit.service
            and counts.indicator_code = not_fit.indicator_code
    where not coalesce(counts.is_detail, false)

),

totals as (

    select * from {{ ref('total_membership') }}

),

own_pay_bands as (

    select pay_band
    from {{ ref('pay_band_register') }}
    where scheme = 'own'

),

last_breaks as (

    select
        collection,
        indicator_code,
        max(first_year) as first_year
    from {{ ref('indicator_register') }}
    where breaks_with_previous
    group by
        collection,
        indicator_code

),

restated_indicators as (

    select distinct
        collection,
        indicator_code
    from figures
    where definition = 'restated'

),

-- Own bands may move from round to round, so they make no series.
since_last_break as (

    select figures.*
    from figures
    left join last_breaks
        on
            figures.collection = last_breaks.collection
            and figures.indicator_code = last_breaks.indicator_code
    left join own_pay_bands
        on figures.breakdown = own_pay_bands.pay_band
    where
        figures.definition = 'as_collected'
        and own_pay_bands.pay_band is null
        and (last_breaks.first_year is null or figures.collection_year >= last_breaks.first_year)

),

{% set given = key | reject("equalto", "definition") | list -%}
-- A restated series goes on into the rounds that were collected by today's definition.
series_figures as (

    select
        'as_collected' as definition,
        {{ given | join(',\n        ') }},
        collection_year,
        {{ measures | join(',\n        ') }},
        organisations,
        is_usable,
        is_not_fit
    from since_last_break

    union all

    select
        'restated' as definition,
        {% for column in given -%}
        since_last_break.{{ column }},
        {% endfor -%}
        since_last_break.collection_year,
        {% for measure in measures -%}
        since_last_break.{{ measure }},
        {% endfor -%}
        since_last_break.organisations,
        since_last_break.is_usable,
        since_last_break.is_not_fit
    from since_last_break
    inner join restated_indicators
        on
            since_last_break.collection = restated_indicators.collection
            and since_last_break.indicator_code = restated_indicators.indicator_code

    union all

    select
        definition,
        {{ given | join(',\n        ') }},
        collection_year,
        {{ measures | join(',\n        ') }},
        organisations,
        is_usable,
        is_not_fit
    from figures
    where definition = 'restated'

),

-- Half an event added would make up a ratio where the reference group has no event, and leaves a group in which
-- everybody has it no variance, so that one person of one would outweigh a thousand. What is not fit is no point of
-- its own.
points_of_all as (

    select * from series_figures
    where
        is_usable
        and not is_not_fit
        and reference_numerator > 0
        and numerator < denominator
        and reference_numerator < reference_denominator

),

-- An area's series has a number, which is joined faster than its name.
area_series as (

    select
        {{ key | join(',\n        ') }},
        count(*) as years,
        row_number() over (order by {{ key | join(', ') }}) as area_series_number
    from points_of_all
    where area_level != 'organisation'
    group by
        {{ key | join(',\n        ') }}

),

area_points as (

    select
        area_series.*,
        points_of_all.collection_year
    from points_of_all
    inner join area_series
        on {{ same_columns('points_of_all', 'area_series', key) }}

),

organisation_figures as (

    select
        area_points.area_series_number,
        area_points.years,
        series_figures.collection_year,
        series_figures.area_code as organisation_code,
        series_figures.service as unit_service,
        series_figures.{{ measures | join(',\n        series_figures.') }}
    from series_figures
    inner join totals
        on
            series_figures.collection = totals.collection
            and series_figures.area_code = totals.organisation_code
            and series_figures.service = totals.service
    inner join area_points
        on
            totals.area_level = area_points.area_level
            and totals.area_code = area_points.area_code
            and totals.total_service = area_points.service
            and series_figures.collection_year = area_points.collection_year
            {% for column in key if column not in ("area_level", "area_code", "service") -%}
            and series_figures.{{ column }} = area_points.{{ column }}
            {% endfor %}
    where
        series_figures.area_level = 'organisation'
        and series_figures.is_usable

),

-- Who is in every round of the area's series, by the same code and for the same service.
matched_organisations as (

    select
        {{ member | join(',\n        ') }}
    from organisation_figures
    group by
        {{ member | join(',\n        ') }}
    having count(*) = max(years)

),

points_of_matched as (

    select
        organisation_figures.area_series_number,
        organisation_figures.collection_year,
        {% for measure in measures -%}
        cast(sum(organisation_figures.{{ measure }}) as bigint) as {{ measure }},
        {% endfor -%}
        count(distinct organisation_figures.organisation_code) as organisations
    from organisation_figures
    inner join matched_organisations
        on {{ same_columns('organisation_figures', 'matched_organisations', member) }}
    group by
        organisation_figures.area_series_number,
        organisation_figures.collection_year

),

points as (

    select
        {{ key | join(',\n        ') }},
        'all' as panel,
        collection_year,
        {{ measures | join(',\n        ') }},
        organisations
    from points_of_all

    union all

    select
        area_series.{{ key | join(',\n        area_series.') }},
        'matched' as panel,
        points_of_matched.collection_year,
        points_of_matched.{{ measures | join(',\n        points_of_matched.') }},
        points_of_matched.organisations
    from points_of_matched
    inner join area_series
        on points_of_matched.area_series_number = area_series.area_series_number
    where
        points_of_matched.reference_numerator > 0
        and points_of_matched.numerator < points_of_matched.denominator
        and points_of_matched.reference_numerator < points_of_matched.reference_denominator

),

-- Every series that the figures begin, with points or without.
series as (

    select distinct
        {{ key | join(',\n        ') }},
        'all' as panel
    from series_figures

    union all

    select distinct
        {{ key | join(',\n        ') }},
        'matched' as panel
    from series_figures
    where area_level != 'organisation'

),

numbered_series as (

    select
        *,
        row_number() over (order by {{ key | join(', ') }}, panel) as series_number
    from series

),

weighed as (

    select
        numbered_series.series_number,
        points.collection_year,
        points.organisations,
        {{ walter_log_ratio('points.numerator', 'points.denominator', 'points.reference_numerator',
            'points.reference_denominator') }} as log_ratio,
        {{ walter_variance('points.numerator', 'points.denominator', 'points.reference_numerator',
            'points.reference_denominator') }} as variance
    from points
    inner join numbered_series
        on
            {% for column in key -%}
            points.{{ column }} = numbered_series.{{ column }}
            and {% endfor -%}
            points.panel = numbered_series.panel

),

trends as (

    {{ log_trend('weighed', 'series_number') | indent(4) }}

),

lack_of_fits as (

    select
        series_number,
        lack_of_fit_q as chi_squared,
        lack_of_fit_df as df
    from trends

),

lack_of_fit_tails as (

    {{ chi_squared_upper_tail('lack_of_fits', 'series_number') | indent(4) }}

),

last_points as (

    select
        weighed.series_number,
        weighed.organisations
    from weighed
    inner join trends
        on
            weighed.series_number = trends.series_number
            and weighed.collection_year = trends.last_year

),

tested as (

    select
        trends.*,
        last_points.organisations,
        trends.slope / nullif(trends.slope_error, 0) as z,
        tails.p_value as lack_of_fit_p
    from trends
    inner join lack_of_fit_tails as tails
        on trends.series_number = tails.series_number
    inner join last_points
        on trends.series_number = last_points.series_number

),

told as (

    select
        *,
        {{ two_sided_p_value('z') }} as p_value
    from tested
    where years >= {{ var('trend_years') }}

),

final as (

    select
        {% for column in key -%}
        numbered_series.{{ column }},
        {% endfor -%}
        numbered_series.panel,
        tested.first_year,
        tested.last_year,
        coalesce(tested.years, 0) as years,
        exp(told.slope) as annual_ratio,
        exp(told.slope - {{ double(var('z_95')) }} * told.slope_error) as lower_95,
        exp(told.slope + {{ double(var('z_95')) }} * told.slope_error) as upper_95,
        told.p_value,
        told.lack_of_fit_q,
        told.lack_of_fit_df,
        told.lack_of_fit_p,
        {{ trend_class('told') | indent(8) }} as direction,
        coalesce(tested.organisations, 0) as organisations,
        case
            when told.p_value is not null then null
            when numbered_series.panel = 'matched' and tested.series_number is null then 'no_matched_organisations'
            else 'too_few_years'
        end as value_note
    from numbered_series
    left join tested
        on numbered_series.series_number = tested.series_number
    left join told
        on numbered_series.series_number = told.series_number

)

select * from final
