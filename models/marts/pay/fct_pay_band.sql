{%- set key = ("collection", "collection_year", "area_level", "area_code", "service", "comparison_group") %}
with

counts as (

    select
        collection,
        collection_year,
        area_level,
        area_code,
        service,
        breakdown as pay_band,
        comparison_group,
        people,
        value_note,
        -- Of the same returns: who in the band has a known ethnic group.
        sum(case when comparison_group = 'minority_ethnic' then people end) over band
        + sum(case when comparison_group = 'white' then people end) over band as band_people
    from {{ ref('int_service_headcount') }}
    where measure = 'staff' and breakdown != 'all' and {{ is_year_to_build() }}
    window band as (partition by collection, collection_year, area_level, area_code, service, breakdown)

),

bands as (

    select
        pay_band,
        scheme,
        lower_limit,
        upper_limit,
        sort_order,
        -- 'Not known' has no limit, and own bands have theirs on the cover.
        scheme = 'own' or lower_limit is not null as is_known_band
    from {{ ref('pay_band_register') }}

),

own_limits as (

    select * from {{ ref('own_band_limit') }}

),

-- The limits cost more than all the rest: of the counts that have a ratio only.
ratios as (

    select
        ladder_counts.collection,
        ladder_counts.collection_year,
        ladder_counts.area_level,
        ladder_counts.area_code,
        ladder_counts.service,
        ladder_counts.breakdown as pay_band,
        ladder_counts.comparison_group,
        {%- set table = ("people", "all_people", "reference_people", "all_reference_people") %}
        {{ relative_likelihood(*table) }} as representation_ratio,
        {{ miettinen_nurminen_lower(*table) }} as lower_95,
        {{ miettinen_nurminen_upper(*table) }} as upper_95,
        case
            when ladder_counts.all_people = 0 or ladder_counts.all_reference_people = 0 then 'no_base'
            when ladder_counts.reference_people = 0 then 'no_reference_events'
        end as ratio_note
    from {{ ref('int_ladder_counts') }} as ladder_counts
    inner join bands
        on ladder_counts.breakdown = bands.pay_band
    where
        ladder_counts.value_note is null
        and ladder_counts.not_fit_note is null
        and {{ is_year_to_build('ladder_counts.collection_year') }}

    union all

    select
        collection,
        collection_year,
        area_level,
        area_code,
        service,
        breakdown as pay_band,
        comparison_group,
        {{ double('null') }} as representation_ratio,
        {{ double('null') }} as lower_95,
        {{ double('null') }} as upper_95,
        coalesce(value_note, not_fit_note) as ratio_note
    from {{ ref('int_ladder_counts') }}
    where coalesce(value_note, not_fit_note) is not null and {{ is_year_to_build() }}

),

totals as (

    select * from {{ ref('total_membership') }}

),

summed as (

    select
        counts.collection,
        counts.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service as service,
        counts.pay_band,
        counts.comparison_group,
        cast(sum(counts.people) as bigint) as people,
        cast(sum(counts.band_people) as bigint) as band_people,
        cast(null as {{ varchar() }}) as value_note,
        count(distinct counts.area_code) as organisations
    from counts
    inner join bands
        on counts.pay_band = bands.pay_band
    inner join totals
        on
            counts.collection = totals.collection
            and counts.service = totals.service
            and counts.area_code = totals.organisation_code
    where
        counts.people is not null
        and counts.band_people is not null
        and bands.scheme = 'national'
    group by
        counts.collection,
        counts.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service,
        counts.pay_band,
        counts.comparison_group

),

combined as (

    select
        {{ key | join(',\n        ') }},
        pay_band,
        people,
        band_people,
        value_note,
        1 as organisations
    from counts

    union all

    select
        {{ key | join(',\n        ') }},
        pay_band,
        people,
        band_people,
        value_note,
        organisations
    from summed

),

-- Shares of a band are of the people whose ethnic group is known; shares of a group, of its people with a band known,
-- and of nobody where a band of theirs was not told.
with_bases as (

    select
        combined.*,
        bands.scheme,
        bands.lower_limit,
        bands.upper_limit,
        bands.sort_order,
        bands.is_known_band,
        case
            when
                max(
                    case
                        when
                            bands.is_known_band
                            and combined.people is null
                            and combined.value_note != 'not_applicable'
                            then 1
                        else 0
                    end
                ) over of_group = 0
                then sum(case when bands.is_known_band then combined.people end) over of_group
        end as group_people,
        sum(case when bands.is_known_band then combined.people end) over (
            partition by
                combined.collection, combined.collection_year, combined.area_level, combined.area_code,
                combined.service, combined.comparison_group
            order by bands.sort_order desc
        ) as people_from_band
    from combined
    inner join bands
        on combined.pay_band = bands.pay_band
    window of_group as (
        partition by
            combined.collection, combined.collection_year, combined.area_level, combined.area_code,
            combined.service, combined.comparison_group
    )

),

final as (

    select
        with_bases.collection,
        with_bases.collection_year,
        with_bases.area_level,
        with_bases.area_code,
        with_bases.service,
        with_bases.pay_band,
        with_bases.comparison_group,
        with_bases.scheme as pay_band_scheme,
        coalesce(own_limits.lower_limit, with_bases.lower_limit) as lower_limit,
        with_bases.upper_limit,
        with_bases.sort_order as pay_band_order,
        with_bases.people as staff,
        case
            when with_bases.comparison_group != 'unknown'
                then {{ rate('with_bases.people', 'with_bases.band_people') }}
        end as share_of_band,
        case
            when with_bases.is_known_band
                then {{ rate('with_bases.people', 'with_bases.group_people') }}
        end as share_of_group,
        case
            when with_bases.is_known_band
                then {{ rate('with_bases.people_from_band', 'with_bases.group_people') }}
        end as cumulative_share,
        ratios.representation_ratio,
        ratios.lower_95,
        ratios.upper_95,
        ratios.ratio_note,
        with_bases.value_note,
        with_bases.organisations
    from with_bases
    left join own_limits
        on
            with_bases.collection_year = own_limits.collection_year
            and case when with_bases.area_level = 'organisation' then with_bases.area_code end
            = own_limits.organisation_code
            and with_bases.service = own_limits.service
            and with_bases.pay_band = own_limits.pay_band
    left join ratios
        on
            with_bases.collection = ratios.collection
            and with_bases.collection_year = ratios.collection_year
            and with_bases.area_level = ratios.area_level
            and with_bases.area_code = ratios.area_code
            and with_bases.service = ratios.service
            and with_bases.comparison_group = ratios.comparison_group
            and with_bases.pay_band = ratios.pay_band

)

{{ kept_by_year('final') }}
