-- A group's share of a role beside its share of the workforce and of the residents, and the relative likelihood.
{%- set role = (
    "collection", "collection_year", "area_level", "area_code", "service", "indicator_code", "breakdown",
) %}
{%- set role_indicators = "'" ~ var("representation_indicators") | join("', '") ~ "'" %}
with

indicators as (

    select
        {{ role | join(',\n        ') }},
        comparison_group,
        reference_group,
        numerator,
        denominator,
        reference_numerator,
        reference_denominator,
        relative_likelihood,
        lower_95,
        upper_95,
        value_note,
        fitness,
        counted_by,
        organisations
    from {{ every_service('fct_indicator') }} as figures
    where
        definition = 'as_collected'
        and reference_group = 'white'
        and indicator_code in ({{ role_indicators }})
        and {{ is_year_to_build() }}

),

groups_compared as (

    select
        ethnic_group as comparison_group,
        level,
        count(*) over (partition by level) as groups_of_level
    from {{ ref('ethnic_group_register') }}
    where level in ('headline', 'major') and headline_group = 'minority_ethnic'

),

-- An area that is no authority on the register has no residents, and nor has the organisation that has it.
organisation_areas as (

    select
        organisation_area.collection,
        organisation_area.organisation_code,
        organisation_area.service,
        organisation_area.area_code,
        areas.area_level,
        organisation_area.valid_from,
        organisation_area.valid_to
    from {{ ref('organisation_area') }} as organisation_area
    left join {{ ref('area_register') }} as areas
        on
            organisation_area.area_code = areas.area_code
            and areas.area_level = 'authority'

),

-- All services together are of the areas of each.
areas_by_service as (

    select * from organisation_areas

    union all

    select
        collection,
        organisation_code,
        'all' as service,
        area_code,
        area_level,
        valid_from,
        valid_to
    from organisation_areas

),

years as (

    select
        collection,
        collection_year,
        reference_on
    from {{ ref('collection_year') }}

),

totals as (

    select * from {{ ref('total_membership') }}

),

residents as (

    select
        area_level,
        area_code,
        comparison_group,
        residents
    from {{ ref('resident_population') }}

),

usable as (

    select
        indicators.*,
        groups_compared.level,
        groups_compared.groups_of_level,
        coalesce(
            indicators.numerator <= indicators.denominator
            and indicators.reference_numerator <= indicators.reference_denominator,
            false
        ) as is_usable
    from indicators
    inner join groups_compared
        on indicators.comparison_group = groups_compared.comparison_group

),

-- Everybody of known ethnicity is white and each group of one level: of the same organisations, or they do not add up.
known as (

    select
        *,
        count(case when is_usable then 1 end) over level_of_role = groups_of_level
        and min(reference_numerator) over level_of_role = max(reference_numerator) over level_of_role
        and min(reference_denominator) over level_of_role = max(reference_denominator) over level_of_role
            as is_whole,
        cast(reference_numerator + sum(numerator) over level_of_role as bigint) as known_in_role,
        cast(reference_denominator + sum(denominator) over level_of_role as bigint) as known_in_workforce
    from usable
    window level_of_role as (partition by {{ role | join(', ') }}, level)

),

counts as (

    select
        *,
        numerator as x1,
        known_in_role as n1,
        -- The role is part of the workforce: the rest of it is what the role is compared with.
        denominator - numerator as x2,
        known_in_workforce - known_in_role as n2,
        {{ rate('known_in_role', 'known_in_workforce') }} as part_of_workforce
    from known
    where is_whole and fitness != 'not fit'

),

measured as (

    select
        {%- for column in role + ("comparison_group",) %}
        {{ column }},
        {%- endfor %}
        known_in_role,
        known_in_workforce,
        {{ rate('x1', 'n1') }} as share_of_role,
        {{ rate('denominator', 'known_in_workforce') }} as share_of_workforce,
        {{ wilson_lower('x1', 'n1') }} as share_lower,
        {{ wilson_upper('x1', 'n1') }} as share_upper,
        100 * (1 - part_of_workforce) * {{ newcombe_difference_lower('x1', 'n1', 'x2', 'n2') }}
            as difference_from_workforce_lower_95,
        100 * (1 - part_of_workforce) * {{ newcombe_difference_upper('x1', 'n1', 'x2', 'n2') }}
            as difference_from_workforce_upper_95
    from counts

),

resident_counts as (

    select
        compared.area_level,
        compared.area_code,
        compared.comparison_group,
        compared.residents,
        minority_ethnic.residents + white.residents as all_residents
    from residents as compared
    inner join residents as minority_ethnic
        on
            compared.area_level = minority_ethnic.area_level
            and compared.area_code = minority_ethnic.area_code
            and minority_ethnic.comparison_group = 'minority_ethnic'
    inner join residents as white
        on
            compared.area_level = white.area_level
            and compared.area_code = white.area_code
            and white.comparison_group = 'white'

),

-- A sum of returns is set against the residents of the areas that it comes from, each once, not of all of England.
areas_behind as (

    select distinct
        usable.collection,
        usable.collection_year,
        totals.area_level,
        totals.area_code,
        totals.total_service as service,
        usable.indicator_code,
        usable.breakdown,
        usable.comparison_group,
        organisation_areas.area_level as resident_area_level,
        organisation_areas.area_code as resident_area_code
    from usable
    inner join totals
        on
            usable.collection = totals.collection
            and usable.service = totals.service
            and usable.area_code = totals.organisation_code
    inner join years
        on
            usable.collection = years.collection
            and usable.collection_year = years.collection_year
    inner join organisation_areas
        on
            usable.collection = organisation_areas.collection
            and usable.service = organisation_areas.service
            and usable.area_code = organisation_areas.organisation_code
            and {{ is_in_force('organisation_areas', 'years.reference_on') }}
    -- A participant that is no authority answers for no area, and adds none.
    where usable.area_level = 'organisation' and usable.is_usable and organisation_areas.area_level = 'authority'

    union all

    -- A return is set against the areas that the register gives its organisation for the service on that day.
    select distinct
        usable.collection,
        usable.collection_year,
        usable.area_level,
        usable.area_code,
        usable.service,
        usable.indicator_code,
        usable.breakdown,
        usable.comparison_group,
        areas_by_service.area_level as resident_area_level,
        areas_by_service.area_code as resident_area_code
    from usable
    inner join years
        on
            usable.collection = years.collection
            and usable.collection_year = years.collection_year
    inner join areas_by_service
        on
            usable.collection = areas_by_service.collection
            and usable.service = areas_by_service.service
            and usable.area_code = areas_by_service.organisation_code
            and {{ is_in_force('areas_by_service', 'years.reference_on') }}
    where usable.area_level = 'organisation'

),

residents_behind as (

    select
        {%- for column in role + ("comparison_group",) %}
        areas.{{ column }},
        {%- endfor %}
        -- Residents of some of the areas only would be those of another place.
        case when count(resident_counts.residents) = count(*) then sum(resident_counts.residents) end as residents,
        case when count(resident_counts.residents) = count(*) then sum(resident_counts.all_residents) end
            as all_residents
    from areas_behind as areas
    left join resident_counts
        on
            areas.resident_area_level = resident_counts.area_level
            and areas.resident_area_code = resident_counts.area_code
            and areas.comparison_group = resident_counts.comparison_group
    group by
        areas.collection,
        areas.collection_year,
        areas.area_level,
        areas.area_code,
        areas.service,
        areas.indicator_code,
        areas.breakdown,
        areas.comparison_group

),

resident_shares as (

    select
        {%- for column in role + ("comparison_group",) %}
        known.{{ column }},
        {%- endfor %}
        case
            when known.counted_by = 'published'
                then {{ rate('resident_counts.residents', 'resident_counts.all_residents') }}
            else {{ rate('residents_behind.residents', 'residents_behind.all_residents') }}
        end as share_of_residents
    from known
    left join resident_counts
        on
            known.area_level = resident_counts.area_level
            and known.area_code = resident_counts.area_code
            and known.comparison_group = resident_counts.comparison_group
    left join residents_behind
        on
            known.collection = residents_behind.collection
            and known.collection_year = residents_behind.collection_year
            and known.area_level = residents_behind.area_level
            and known.area_code = residents_behind.area_code
            and known.service = residents_behind.service
            and known.indicator_code = residents_behind.indicator_code
            and known.breakdown = residents_behind.breakdown
            and known.comparison_group = residents_behind.comparison_group

),

final as (

    select
        {%- for column in role + ("comparison_group", "reference_group") %}
        known.{{ column }},
        {%- endfor %}
        measured.known_in_role,
        measured.known_in_workforce,
        measured.share_of_role,
        measured.share_of_workforce,
        100 * (measured.share_of_role - measured.share_of_workforce) as difference_from_workforce,
        measured.difference_from_workforce_lower_95,
        measured.difference_from_workforce_upper_95,
        case
            when not known.is_usable then coalesce(known.value_note, 'blank')
            when known.fitness = 'not fit' then coalesce(known.value_note, 'data_error')
            when not known.is_whole then 'not_in_detail'
            when measured.share_of_role is null then 'no_base'
        end as value_note,
        resident_shares.share_of_residents,
        100 * (measured.share_of_role - resident_shares.share_of_residents) as difference_from_residents,
        100 * (measured.share_lower - resident_shares.share_of_residents) as difference_from_residents_lower_95,
        100 * (measured.share_upper - resident_shares.share_of_residents) as difference_from_residents_upper_95,
        case when resident_shares.share_of_residents is null then 'no_residents' end as residents_note,
        known.relative_likelihood,
        known.lower_95,
        known.upper_95,
        known.value_note as ratio_note,
        known.organisations
    from known
    left join measured
        on
            known.collection = measured.collection
            and known.collection_year = measured.collection_year
            and known.area_level = measured.area_level
            and known.area_code = measured.area_code
            and known.service = measured.service
            and known.indicator_code = measured.indicator_code
            and known.breakdown = measured.breakdown
            and known.comparison_group = measured.comparison_group
    left join resident_shares
        on
            known.collection = resident_shares.collection
            and known.collection_year = resident_shares.collection_year
            and known.area_level = resident_shares.area_level
            and known.area_code = resident_shares.area_code
            and known.service = resident_shares.service
            and known.indicator_code = resident_shares.indicator_code
            and known.breakdown = resident_shares.breakdown
            and known.comparison_group = resident_shares.comparison_group

)

{{ kept_by_year('final') }}
