-- Staff in each national pay band: the counts of the indicator of pay bands, turned on their side.
{%- set place = ("collection", "collection_year", "area_level", "area_code", "service") %}
with

bands as (

    select * from {{ ref('fct_pay_band') }}
    where
        area_level != 'organisation'
        and pay_band_scheme = 'national'
        and lower_limit is not null

),

counts as (

    select * from {{ ref('int_open_count') }}
    where
        panel = 'all'
        and counted_year = collection_year
        and area_level != 'organisation'

),

definitions as (

    select distinct
        collection,
        indicator_code,
        headline_breakdown
    from {{ ref('dim_indicator') }}
    where headline_breakdown in (select bands.pay_band from bands)

),

areas as (

    select * from {{ ref('dim_area') }}

),

-- The counts of a group, whichever side of the figure it stands on.
sides as (

    {% for group, count in (("comparison_group", "numerator"), ("reference_group", "reference_numerator")) -%}
    select distinct
        {% for column in place -%}
        counts.{{ column }},
        {% endfor -%}
        case when counts.breakdown = 'all' then definitions.headline_breakdown else counts.breakdown end as pay_band,
        counts.{{ group if loop.first else group ~ ' as comparison_group' }},
        counts.{{ count }} as staff,
        counts.{{ count ~ '_symbol' }} as staff_symbol
    from counts
    inner join definitions
        on
            counts.collection = definitions.collection
            and counts.indicator_code = definitions.indicator_code
    {% if not loop.last -%}
    union
    {% endif -%}
    {% endfor %}

),

-- Shares rest on every band of every group of the place.
places as (

    select
        {{ place | join(',\n        ') }},
        max(case when staff_symbol is not null or staff is null then 1 else 0 end) = 1 as is_hidden
    from sides
    group by
        {{ place | join(',\n        ') }}

),

symbolled as (

    select
        bands.*,
        sides.staff as open_staff,
        sides.staff_symbol,
        case
            when places.is_hidden then 'c'
            when bands.share_of_group is null then 'x'
        end as share_symbol,
        case
            when places.is_hidden then 'c'
            when bands.representation_ratio is null
                then case when bands.ratio_note is null then 'z' else 'x' end
        end as ratio_symbol
    from bands
    inner join sides
        on {{ same_columns('bands', 'sides', place + ('pay_band', 'comparison_group')) }}
    inner join places
        on {{ same_columns('bands', 'places', place) }}

),

final as (

    select
        {{ open_place_columns('symbolled', 'areas', names_organisations=false) }},
        symbolled.service,
        symbolled.pay_band,
        symbolled.pay_band_order,
        symbolled.comparison_group,
        symbolled.open_staff as staff,
        symbolled.staff_symbol,
        {% for value in ("share_of_band", "share_of_group", "cumulative_share") -%}
        case when symbolled.share_symbol is null then symbolled.{{ value }} end as {{ value }},
        {% endfor -%}
        symbolled.share_symbol,
        {% for value in ("representation_ratio", "lower_95", "upper_95") -%}
        case when symbolled.ratio_symbol is null then symbolled.{{ value }} end as {{ value }},
        {% endfor -%}
        symbolled.ratio_symbol
    from symbolled
    left join areas
        on symbolled.area_code = areas.area_code

)

select * from final
order by
    time_period,
    geographic_level,
    region_code,
    service,
    pay_band_order,
    comparison_group
