-- Two years of counts side by side: for everybody who took part, and for the organisations that are in both years.
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
{%- set needed = (
    "collection", "collection_year", "area_level", "area_code", "service", "indicator_code", "breakdown",
    "comparison_group", "reference_group", "numerator", "denominator", "reference_numerator", "reference_denominator",
    "is_detail", "value_note", "organisations",
) %}
{%- set figure = (
    "collection", "definition", "indicator_code", "breakdown", "comparison_group", "reference_group",
) %}
{%- set comparable_area = ("collection", "collection_year", "service", "comparable_area") %}
with

years as (

    select
        collection,
        collection_year,
        previous_year
    from {{ ref('collection_year') }}
    where previous_year is not null

),

years_read as (

    {{ years_read('years') | indent(4) }}

),

figures as (

    select figures_there.*
    from {{ ref('int_indicator_counts') }} as figures_there
    inner join years_read
        on figures_there.collection_year = years_read.collection_year

),

comparable_areas as (

    select * from {{ ref('int_comparable_area') }}
    where {{ is_year_to_build() }}

),

organisations as (

    select
        organisation_code,
        region_code
    from {{ ref('organisation') }}

),

totals as (

    select * from {{ ref('total_membership') }}

),

own_pay_bands as (

    select pay_band
    from {{ ref('pay_band_register') }}
    where scheme = 'own'

),

restated_years as (

    select distinct
        collection,
        collection_year,
        indicator_code
    from {{ ref('int_indicator_counts') }}
    where definition = 'restated'

),

-- The restated series goes on into the first year that today's definition was collected in.
first_years_of_today as (

    select
        restated_years.collection,
        years.collection_year,
        restated_years.indicator_code
    from restated_years
    inner join years
        on
            restated_years.collection = years.collection
            and restated_years.collection_year = years.previous_year
    left join restated_years as also_restated
        on
            years.collection = also_restated.collection
            and years.collection_year = also_restated.collection_year
            and restated_years.indicator_code = also_restated.indicator_code
    where also_restated.collection is null

),

counts as (

    select
        {% for column in needed -%}
        {{ column }},
        {% endfor -%}
        definition
    from figures

    union all

    select
        {% for column in needed -%}
        figures.{{ column }},
        {% endfor -%}
        'restated' as definition
    from figures
    inner join first_years_of_today
        on
            figures.collection = first_years_of_today.collection
            and figures.collection_year = first_years_of_today.collection_year
            and figures.indicator_code = first_years_of_today.indicator_code

),

figure_names as (

    {{ numbered('counts', figure, 'figure_number') | indent(4) }}

),

numbered_counts as (

    select
        counts.*,
        figure_names.figure_number
    from counts
    inner join figure_names
        on {{ same_columns('counts', 'figure_names', figure) }}

),

everybody as (

    select
        counts.collection,
        counts.collection_year,
        counts.area_level,
        counts.area_code,
        counts.service,
        {% for column in figure[1:] -%}
        counts.{{ column }},
        {% endfor -%}
        years.previous_year,
        'all' as panel,
        {% for measure in measures -%}
        counts.{{ measure }},
        previous.{{ measure }} as previous_{{ measure }},
        {% endfor -%}
        counts.organisations,
        coalesce(previous.organisations, 0) as previous_organisations
    from numbered_counts as counts
    inner join years
        on
            counts.collection = years.collection
            and counts.collection_year = years.collection_year
    left join numbered_counts as previous
        on
            counts.figure_number = previous.figure_number
            and years.previous_year = previous.collection_year
            and counts.area_level = previous.area_level
            and counts.area_code = previous.area_code
            and counts.service = previous.service
    -- No row in detail that has nothing before it.
    where previous.collection is not null or not coalesce(counts.is_detail, false)

),

usable as (

    select counts.*
    from numbered_counts as counts
    left join own_pay_bands
        on counts.breakdown = own_pay_bands.pay_band
    where
        counts.area_level = 'organisation'
        and counts.value_note is null
        and counts.numerator <= counts.denominator
        and counts.reference_numerator <= counts.reference_denominator
        and own_pay_bands.pay_band is null

),

-- The common area carries the codes of those who report for it now.
current_areas as (

    {{ reporting_now('comparable_areas', 'organisations') | indent(4) }}

),

common_areas as (

    select
        current_areas.*,
        years.previous_year,
        row_number() over (order by current_areas.{{ comparable_area | join(', current_areas.') }}) as area_number
    from current_areas
    inner join years
        on
            current_areas.collection = years.collection
            and current_areas.collection_year = years.collection_year

),

sided as (

    select
        common_areas.area_number,
        comparable_areas.side,
        comparable_areas.organisation_code,
        comparable_areas.areas_reported,
        comparable_areas.areas_there,
        usable.figure_number,
        usable.{{ measures | join(',\n        usable.') }}
    from comparable_areas
    inner join common_areas
        on {{ same_columns('comparable_areas', 'common_areas', comparable_area) }}
    inner join usable
        on
            comparable_areas.collection = usable.collection
            and comparable_areas.service = usable.service
            and comparable_areas.organisation_code = usable.area_code
            and usable.collection_year = case
                when comparable_areas.side = 'current' then common_areas.collection_year
                else common_areas.previous_year
            end

),

-- In the panel: the same ground answered for, by usable counts, in both years.
matched as (

    select
        area_number,
        figure_number,
        {% for measure in measures -%}
        cast(sum(case when side = 'current' then {{ measure }} end) as bigint) as {{ measure }},
        cast(sum(case when side = 'previous' then {{ measure }} end) as bigint) as previous_{{ measure }},
        {% endfor -%}
        count(case when side = 'current' then organisation_code end) as organisations,
        count(case when side = 'previous' then organisation_code end) as previous_organisations
    from sided
    group by
        area_number,
        figure_number
    having
        count(case when side = 'current' then organisation_code end) > 0
        and count(case when side = 'previous' then organisation_code end) > 0
        and sum(case when side = 'current' then areas_reported end)
        >= max(case when side = 'current' then areas_there else 0 end)
        and sum(case when side = 'previous' then areas_reported end)
        >= max(case when side = 'previous' then areas_there else 0 end)

),

-- Totals add the services that were returned, so that 'all' is not asked of an organisation that gave one of two.
matched_totals as (

    select
        common_areas.collection_year,
        common_areas.previous_year,
        totals.area_level,
        totals.area_code,
        totals.total_service as service,
        matched.figure_number,
        {% for measure in measures -%}
        cast(sum(matched.{{ measure }}) as bigint) as {{ measure }},
        cast(sum(matched.previous_{{ measure }}) as bigint) as previous_{{ measure }},
        {% endfor -%}
        count(distinct common_areas.comparable_area) as organisations,
        count(distinct common_areas.comparable_area) as previous_organisations
    from matched
    inner join common_areas
        on matched.area_number = common_areas.area_number
    inner join totals
        on
            common_areas.collection = totals.collection
            and common_areas.service = totals.service
            and common_areas.an_organisation_code = totals.organisation_code
    where totals.area_level = 'national' or common_areas.is_in_one_region
    group by
        common_areas.collection_year,
        common_areas.previous_year,
        totals.area_level,
        totals.area_code,
        totals.total_service,
        matched.figure_number

),

matched_figures as (

    select
        common_areas.collection_year,
        common_areas.previous_year,
        'organisation' as area_level,
        common_areas.area_code,
        common_areas.service,
        {% for measure in measures -%}
        matched.{{ measure }},
        matched.previous_{{ measure }},
        {% endfor -%}
        matched.organisations,
        matched.previous_organisations,
        matched.figure_number
    from matched
    inner join common_areas
        on matched.area_number = common_areas.area_number

    union all

    select
        collection_year,
        previous_year,
        area_level,
        area_code,
        service,
        {% for measure in measures -%}
        {{ measure }},
        previous_{{ measure }},
        {% endfor -%}
        organisations,
        previous_organisations,
        figure_number
    from matched_totals

),

final as (

    select * from everybody

    union all

    select
        figure_names.collection,
        matched_figures.collection_year,
        matched_figures.area_level,
        matched_figures.area_code,
        matched_figures.service,
        {% for column in figure[1:] -%}
        figure_names.{{ column }},
        {% endfor -%}
        matched_figures.previous_year,
        'matched' as panel,
        {% for measure in measures -%}
        matched_figures.{{ measure }},
        matched_figures.previous_{{ measure }},
        {% endfor -%}
        matched_figures.organisations,
        matched_figures.previous_organisations
    from matched_figures
    inner join figure_names
        on matched_figures.figure_number = figure_names.figure_number

)

{{ kept_by_year('final') }}
