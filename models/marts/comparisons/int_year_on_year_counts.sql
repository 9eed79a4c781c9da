-- Two years of counts side by side: for everybody who took part, and for the organisations that are in both years.
-- Nearly every organisation is in both, with the same counts: that is one row, of both panels.
{%- set measures = ("numerator", "denominator", "reference_numerator", "reference_denominator") %}
{%- set needed = (
    "collection", "collection_year", "area_level", "area_code", "service", "indicator_code", "breakdown",
    "comparison_group", "reference_group", "numerator", "denominator", "reference_numerator", "reference_denominator",
    "is_detail", "value_note", "organisations", "is_all_services",
) %}
{%- set figure = (
    "collection", "definition", "indicator_code", "breakdown", "comparison_group", "reference_group",
) %}
{%- set comparable_area = ("collection", "collection_year", "service", "comparable_area") %}
{%- set total = ("collection_year", "previous_year", "area_level", "area_code", "service") %}
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

-- One organisation reports for all of the area, and did so the year before.
unchanged as (

    select
        {{ comparable_area | join(',\n        ') }},
        min(organisation_code) as organisation_code,
        min(case when is_of_one_service then 1 else 0 end) as is_of_one_service
    from comparable_areas
    group by
        {{ comparable_area | join(',\n        ') }}
    having
        count(*) = 2
        and min(organisation_code) = max(organisation_code)
        and min(areas_reported - areas_there) >= 0

),

-- It has one service, and had it then: the change of that service is that of all its services, and stands once.
told_once as (

    select
        collection,
        collection_year,
        organisation_code
    from unchanged
    where is_of_one_service = 1
    group by
        collection,
        collection_year,
        organisation_code
    having count(*) = 2

),

-- Any other change of an organisation that has, or had, one service is looked at for all services by itself.
told_apart as (

    select distinct
        comparable_areas.collection,
        case
            when comparable_areas.side = 'current' then years.collection_year else years.previous_year
        end as collection_year,
        'organisation' as area_level,
        comparable_areas.organisation_code as area_code
    from comparable_areas
    inner join years
        on
            comparable_areas.collection = years.collection
            and comparable_areas.collection_year = years.collection_year
    left join told_once
        on
            comparable_areas.collection = told_once.collection
            and comparable_areas.collection_year = told_once.collection_year
            and comparable_areas.organisation_code = told_once.organisation_code
    where
        comparable_areas.service = 'all'
        and comparable_areas.is_of_one_service
        and told_once.collection is null

),

-- What several steps read would be kept in memory with all columns: so the table is read for each by itself.
counts as (

    {% for service in ("figures.service", "'all' as service") -%}
    {%- set services_loop = loop -%}
    {%- for definition in ("figures.definition", "'restated' as definition") -%}
    select
        {% for column in needed -%}
        {%- if column == "service" -%}
        {{ service }},
        {% elif column == "is_all_services" and not services_loop.first -%}
        false as is_all_services,
        {% else -%}
        figures.{{ column }},
        {% endif -%}
        {% endfor -%}
        {{ definition }}
    from {{ ref('int_indicator_counts') }} as figures
    inner join years_read
        on figures.collection_year = years_read.collection_year
    {%- if not loop.first %}
    inner join first_years_of_today
        on
            figures.collection = first_years_of_today.collection
            and figures.collection_year = first_years_of_today.collection_year
            and figures.indicator_code = first_years_of_today.indicator_code
    {%- endif %}
    {%- if not services_loop.first %}
    inner join told_apart
        on
            figures.collection = told_apart.collection
            and figures.collection_year = told_apart.collection_year
            and figures.area_level = told_apart.area_level
            and figures.area_code = told_apart.area_code
    where figures.is_all_services
    {%- endif %}
    {%- if not (loop.last and services_loop.last) %}

    union all

    {% endif -%}
    {% endfor -%}
    {% endfor %}

),

names as (

    select distinct
        figures.{{ figure | join(',\n        figures.') }}
    from {{ ref('int_indicator_counts') }} as figures
    inner join years_read
        on figures.collection_year = years_read.collection_year

),

-- Any figure may go on as a restated one.
names_of_both as (

    select * from names

    union

    select
        collection,
        'restated' as definition,
        {{ figure[2:] | join(',\n        ') }}
    from names

),

figure_names as (

    {{ numbered('names_of_both', figure, 'figure_number') | indent(4) }}

),

numbered_counts as (

    select
        figure_names.figure_number,
        counts.collection,
        counts.collection_year,
        counts.area_level,
        counts.area_code,
        counts.service,
        counts.{{ measures | join(',\n        counts.') }},
        counts.is_detail,
        counts.is_all_services,
        counts.organisations,
        -- Of an organisation, for the matched panel.
        coalesce(
            counts.area_level = 'organisation'
            and counts.value_note is null
            and counts.numerator <= counts.denominator
            and counts.reference_numerator <= counts.reference_denominator
            and own_pay_bands.pay_band is null,
            false
        ) as is_usable
    from counts
    inner join figure_names
        on {{ same_columns('counts', 'figure_names', figure) }}
    left join own_pay_bands
        on counts.breakdown = own_pay_bands.pay_band

),

-- The common area carries the codes of those who report for it now.
current_areas as (

    {{ reporting_now('comparable_areas', 'organisations') | indent(4) }}

),

common_areas as (

    select
        current_areas.*,
        years.previous_year,
        unchanged.comparable_area is not null as is_unchanged,
        told_once.organisation_code is not null as is_told_once,
        row_number() over (order by current_areas.{{ comparable_area | join(', current_areas.') }}) as area_number
    from current_areas
    inner join years
        on
            current_areas.collection = years.collection
            and current_areas.collection_year = years.collection_year
    left join unchanged
        on {{ same_columns('current_areas', 'unchanged', comparable_area) }}
    left join told_once
        on
            unchanged.collection = told_once.collection
            and unchanged.collection_year = told_once.collection_year
            and unchanged.organisation_code = told_once.organisation_code

),

unchanged_areas as (

    select * from common_areas
    where is_unchanged

),

-- With the number of the area where that is in the matched panel with the same counts.
everybody as (

    select
        counts.collection_year,
        years.previous_year,
        counts.area_level,
        counts.area_code,
        counts.service,
        {% for measure in measures -%}
        counts.{{ measure }},
        previous.{{ measure }} as previous_{{ measure }},
        {% endfor -%}
        counts.organisations,
        coalesce(previous.organisations, 0) as previous_organisations,
        counts.figure_number,
        case when counts.is_usable and previous.is_usable then unchanged_areas.area_number end as area_number,
        counts.is_all_services and coalesce(unchanged_areas.is_told_once, false) as is_all_services
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
    left join unchanged_areas
        on
            counts.collection = unchanged_areas.collection
            and counts.collection_year = unchanged_areas.collection_year
            and counts.service = unchanged_areas.service
            and counts.area_code = unchanged_areas.area_code
    -- No row in detail that has nothing before it.
    where
        (previous.figure_number is not null or not coalesce(counts.is_detail, false))
        and not (counts.service = 'all' and coalesce(unchanged_areas.is_told_once, false))

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
    inner join numbered_counts as usable
        on
            comparable_areas.collection = usable.collection
            and comparable_areas.service = usable.service
            and comparable_areas.organisation_code = usable.area_code
            and usable.collection_year = case
                when comparable_areas.side = 'current' then common_areas.collection_year
                else common_areas.previous_year
            end
    where usable.is_usable and not common_areas.is_unchanged

),

-- In the panel: the same ground answered for, by usable counts, in both years.
changed as (

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
area_totals as (

    select
        common_areas.area_number,
        common_areas.comparable_area,
        common_areas.collection_year,
        common_areas.previous_year,
        totals.area_level,
        totals.area_code,
        totals.total_service as service
    from common_areas
    inner join totals
        on
            common_areas.collection = totals.collection
            and common_areas.service = totals.service
            and common_areas.an_organisation_code = totals.organisation_code
    where totals.area_level = 'national' or common_areas.is_in_one_region

),

total_names as (

    {{ numbered('area_totals', total, 'total_number') | indent(4) }}

),

members_of_totals as (

    select
        total_names.total_number,
        area_totals.area_number,
        area_totals.comparable_area
    from area_totals
    inner join total_names
        on {{ same_columns('area_totals', 'total_names', total) }}

),

matched as (

    {% for panel in ("everybody", "changed") -%}
    select
        {% for measure in measures -%}
        {{ measure }},
        previous_{{ measure }},
        {% endfor -%}
        area_number,
        figure_number
    from {{ panel }}
    where area_number is not null
    {%- if not loop.last %}

    union all

    {% endif -%}
    {% endfor %}

),

matched_totals as (

    select
        members_of_totals.total_number,
        matched.figure_number,
        {% for measure in measures -%}
        cast(sum(matched.{{ measure }}) as bigint) as {{ measure }},
        cast(sum(matched.previous_{{ measure }}) as bigint) as previous_{{ measure }},
        {% endfor -%}
        count(distinct members_of_totals.comparable_area) as organisations
    from matched
    inner join members_of_totals
        on matched.area_number = members_of_totals.area_number
    group by
        members_of_totals.total_number,
        matched.figure_number

),

rows_of_panels as (

    select
        {{ total | join(',\n        ') }},
        case when area_number is null then 'all' else 'both' end as panel,
        {% for measure in measures -%}
        {{ measure }},
        previous_{{ measure }},
        {% endfor -%}
        organisations,
        previous_organisations,
        is_all_services,
        figure_number
    from everybody

    union all

    select
        common_areas.collection_year,
        common_areas.previous_year,
        'organisation' as area_level,
        common_areas.area_code,
        common_areas.service,
        'matched' as panel,
        {% for measure in measures -%}
        changed.{{ measure }},
        changed.previous_{{ measure }},
        {% endfor -%}
        changed.organisations,
        changed.previous_organisations,
        false as is_all_services,
        changed.figure_number
    from changed
    inner join common_areas
        on changed.area_number = common_areas.area_number

    union all

    select
        total_names.{{ total | join(',\n        total_names.') }},
        'matched' as panel,
        {% for measure in measures -%}
        matched_totals.{{ measure }},
        matched_totals.previous_{{ measure }},
        {% endfor -%}
        matched_totals.organisations,
        matched_totals.organisations as previous_organisations,
        false as is_all_services,
        matched_totals.figure_number
    from matched_totals
    inner join total_names
        on matched_totals.total_number = total_names.total_number

),

final as (

    select
        figure_names.collection,
        rows_of_panels.collection_year,
        rows_of_panels.area_level,
        rows_of_panels.area_code,
        rows_of_panels.service,
        {% for column in figure[1:] -%}
        figure_names.{{ column }},
        {% endfor -%}
        rows_of_panels.previous_year,
        rows_of_panels.panel,
        {% for measure in measures -%}
        rows_of_panels.{{ measure }},
        rows_of_panels.previous_{{ measure }},
        {% endfor -%}
        rows_of_panels.organisations,
        rows_of_panels.previous_organisations,
        rows_of_panels.is_all_services
    from rows_of_panels
    inner join figure_names
        on rows_of_panels.figure_number = figure_names.figure_number

)

{{ kept_by_year('final') }}
