-- Each total of a return against the one of the round before, and how unusual that change is among the returns.
{%- set family = ("collection", "collection_year", "service", "measure") %}
with

years as (

    select
        collection,
        collection_year,
        previous_year
    from {{ ref('collection_year') }}
    where previous_year is not null and {{ is_year_to_build() }}

),

years_read as (

    {{ years_read('years') | indent(4) }}

),

headcounts as (

    select group_headcounts.*
    from {{ ref('group_headcount') }} as group_headcounts
    inner join years_read
        on group_headcounts.collection_year = years_read.collection_year
    where
        group_headcounts.area_level = 'organisation'
        and group_headcounts.breakdown = 'all'
        and group_headcounts.comparison_group in ('minority_ethnic', 'white', 'unknown')

),

people as (

    select
        collection,
        collection_year,
        area_code,
        service,
        measure,
        sum(case when comparison_group != 'unknown' then people end) as known,
        count(case when comparison_group != 'unknown' then people end) as groups_known,
        max(case when comparison_group = 'unknown' then people end) as not_known
    from headcounts
    group by
        collection,
        collection_year,
        area_code,
        service,
        measure

),

-- Both groups in both years; those not known count where both years tell of them.
pairs as (

    select
        current_people.collection,
        current_people.collection_year,
        current_people.area_code,
        current_people.service,
        current_people.measure,
        years.previous_year,
        cast(current_people.known + case
            when previous_people.not_known is null then 0 else coalesce(current_people.not_known, 0)
        end as bigint) as current_value,
        cast(previous_people.known + case
            when current_people.not_known is null then 0 else coalesce(previous_people.not_known, 0)
        end as bigint) as previous_value
    from people as current_people
    inner join years
        on
            current_people.collection = years.collection
            and current_people.collection_year = years.collection_year
    inner join people as previous_people
        on
            current_people.collection = previous_people.collection
            and years.previous_year = previous_people.collection_year
            and current_people.area_code = previous_people.area_code
            and current_people.service = previous_people.service
            and current_people.measure = previous_people.measure
    where
        current_people.groups_known = 2
        and previous_people.groups_known = 2

),

numbered as (

    select
        *,
        row_number() over (order by {{ family | join(', ') }}, area_code) as pair_number,
        sum(current_value) over (partition by {{ family | join(', ') }}) as everybody,
        count(*) over (partition by {{ family | join(', ') }}) as organisations
    from pairs

),

judged as (

    {{ hidiroglou_berthelot('numbered', 'pair_number', family) | indent(4) }}

),

final as (

    select
        numbered.collection,
        numbered.collection_year,
        numbered.area_code,
        numbered.service,
        numbered.measure,
        numbered.previous_year,
        numbered.previous_value,
        numbered.current_value,
        judged.median_ratio,
        judged.effect,
        judged.effect_lower,
        judged.effect_upper,
        -- Of two small counts chance alone explains the difference: nobody is asked about 1 and then 3.
        coalesce(
            (judged.effect < judged.effect_lower or judged.effect > judged.effect_upper)
            and power(numbered.current_value - numbered.previous_value * judged.median_ratio, 2)
            > power({{ double(var('z_95')) }}, 2)
            * (numbered.current_value + numbered.previous_value * power(judged.median_ratio, 2)),
            false
        ) as is_unusual,
        abs(numbered.current_value - numbered.previous_value * judged.median_ratio)
        / nullif({{ double('numbered.everybody') }}, 0) as share_at_stake
    from numbered
    left join judged
        on numbered.pair_number = judged.pair_number
    -- A change is like or unlike that of others only where there are others.
    where numbered.organisations >= {{ var('unusual_change_organisations') }}

)

{{ kept_by_year('final') }}
