-- Two years of counts side by side: for everybody who took part, and for the organisations that are in both years.
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
{%- set needed = (
    "collection", "collection_year", "area_level", "area_code", "service", "indicator_code", "breakdown",
    "comparison_group", "reference_group", "numerator", "denominator", "reference_numerator", "reference_denominator",
    "is_detail", "value_note", "organisations",
) %}
{%- set key = (
    "collection", "collection_year", "service", "definition", "indicator_code", "breakdown", "comparison_group",
    "reference_group",
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

    select collection_year
    from years
    where {{ is_year_to_build() }}

    union

    select previous_year as collection_year
    from years
    where {{ is_year_to_build() }}

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

everybody as (

    select
        counts.collection,
        counts.collection_year,
        counts.area_level,
        counts.area_code,
        counts.service,
        counts.definition,
        counts.indicator_code,
        counts.breakdown,
        counts.comparison_group,
        counts.reference_group,
        years.previous_year,
        'all' as panel,
        {% for measure in measures -%}
        counts.{{ measure }},
        previous.{{ measure }} as previous_{{ measure }},
        {% endfor -%}
        counts.organisations,
        coalesce(previous.organisations, 0) as previous_organisations
    from counts
    inner join years
        on
            counts.collection = years.collection
            and counts.collection_year = years.collection_year
    left join counts as previous
        on
            counts.collection = previous.collection
            and years.previous_year = previous.collection_year
            and counts.area_level = previous.area_level
            and counts.area_code = previous.area_code
            and counts.service = previous.service
            and counts.definition = previous.definition
            and counts.indicator_code = previous.indicator_code
            and counts.breakdown = previous.breakdown
            and counts.comparison_group = previous.comparison_group
            and counts.reference_group = previous.reference_group
    -- No row in detail that has nothing before it.
    where previous.collection is not null or not coalesce(counts.is_detail, false)

),

usable as (

    select counts.*
    from counts
    left join own_pay_bands
        on counts.breakdown = own_pay_bands.pay_band
    where
        counts.area_level = 'organisation'
        and counts.value_note is null
        and counts.numerator <= counts.denominator
        and counts.reference_numerator <= counts.reference_denominator
        and own_pay_bands.pay_band is null

),

sided as (

    select
        comparable_areas.collection,
        comparable_areas.collection_year,
        years.previous_year,
        comparable_areas.service,
        comparable_areas.side,
        comparable_areas.comparable_area,
        comparable_areas.organisation_code,
        comparable_areas.areas_reported,
        comparable_areas.areas_there,
        usable.definition,
        usable.indicator_code,
        usable.breakdown,
        usable.comparison_group,
        usable.reference_group,
        usable.numerator,
        usable.denominator,
        usable.reference_numerator,
        usable.reference_denominator
    from comparable_areas
    inner join years
        on
            comparable_areas.collection = years.collection
            and comparable_areas.collection_year = years.collection_year
    inner join usable
        on
            comparable_areas.collection = usable.collection
            and comparable_areas.service = usable.service
            and comparable_areas.organisation_code = usable.area_code
            and usable.collection_year = case
                when comparable_areas.side = 'current' then years.collection_year else years.previous_year
            end

),

-- In the panel: the same ground answered for, by usable counts, in both years.
matched as (

    select
        {{ key | join(',\n        ') }},
        previous_year,
        comparable_area,
        {% for measure in measures -%}
        cast(sum(case when side = 'current' then {{ measure }} end) as bigint) as {{ measure }},
        cast(sum(case when side = 'previous' then {{ measure }} end) as bigint) as previous_{{ measure }},
        {% endfor -%}
        count(case when side = 'current' then organisation_code end) as organisations,
        count(case when side = 'previous' then organisation_code end) as previous_organisations
    from sided
    group by
        {{ key | join(',\n        ') }},
        previous_year,
        comparable_area
    having
        count(case when side = 'current' then organisation_code end) > 0
        and count(case when side = 'previous' then organisation_code end) > 0
        and sum(case when side = 'current' then areas_reported end)
        >= max(case when side = 'current' then areas_there else 0 end)
        and sum(case when side = 'previous' then areas_reported end)
        >= max(case when side = 'previous' then areas_there else 0 end)

),

-- The common area carries the codes of those who report for it now.
current_areas as (

    select
        comparable_areas.collection,
        comparable_areas.collection_year,
        comparable_areas.service,
        comparable_areas.comparable_area,
        {{ dbt.listagg(
            "comparable_areas.organisation_code", "' / '", "order by comparable_areas.organisation_code"
        ) }} as area_code,
        -- Where one region holds the whole area, any of its organisations says which.
        min(comparable_areas.organisation_code) as an_organisation_code,
        coalesce(min(organisations.region_code) = max(organisations.region_code), false) as is_in_one_region
    from comparable_areas
    left join organisations
        on comparable_areas.organisation_code = organisations.organisation_code
    where comparable_areas.side = 'current'
    group by
        comparable_areas.collection,
        comparable_areas.collection_year,
        comparable_areas.service,
        comparable_areas.comparable_area

),

matched_organisations as (

    select
        matched.collection,
        matched.collection_year,
        'organisation' as area_level,
        current_areas.area_code,
        matched.service,
        matched.definition,
        matched.indicator_code,
        matched.breakdown,
        matched.comparison_group,
        matched.reference_group,
        matched.previous_year,
        'matched' as panel,
        {% for measure in measures -%}
        matched.{{ measure }},
        matched.previous_{{ measure }},
        {% endfor -%}
        matched.organisations,
        matched.previous_organisations
    from matched
    inner join current_areas
        on {{ same_columns('matched', 'current_areas', comparable_area) }}

),

-- Totals add the services that were returned, so that 'all' is not asked of an organisation that gave one of two.
matched_areas as (

    select
        matched.collection,
        matched.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service as service,
        matched.definition,
        matched.indicator_code,
        matched.breakdown,
        matched.comparison_group,
        matched.reference_group,
        matched.previous_year,
        'matched' as panel,
        {% for measure in measures -%}
        cast(sum(matched.{{ measure }}) as bigint) as {{ measure }},
        cast(sum(matched.previous_{{ measure }}) as bigint) as previous_{{ measure }},
        {% endfor -%}
        count(distinct matched.comparable_area) as organisations,
        count(distinct matched.comparable_area) as previous_organisations
    from matched
    inner join current_areas
        on {{ same_columns('matched', 'current_areas', comparable_area) }}
    inner join totals
        on
            matched.collection = totals.collection
            and matched.service = totals.service
            and current_areas.an_organisation_code = totals.organisation_code
    where totals.area_level = 'national' or current_areas.is_in_one_region
    group by
        matched.collection,
        matched.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service,
        matched.definition,
        matched.indicator_code,
        matched.breakdown,
        matched.comparison_group,
        matched.reference_group,
        matched.previous_year

),

final as (

    select * from everybody
    union all
    select * from matched_organisations
    union all
    select * from matched_areas

)

{{ kept_by_year('final') }}
