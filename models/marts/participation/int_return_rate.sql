-- The rate of each major group by each indicator of a current return, for the charts of its correction pack.
with

returned as (

    select
        collection_year,
        area_code as organisation_code,
        service,
        indicator_code,
        comparison_group,
        numerator,
        denominator,
        reference_numerator,
        reference_denominator
    from {{ ref('int_indicator_returned') }}
    where
        collection = 'sc-wres'
        and area_level = 'organisation'
        and definition = 'as_collected'
        and breakdown = 'all'
        and reference_group = 'white'
        and value_note is null
        and {{ is_year_to_build() }}

),

-- Every pair has the reference group beside it: that of minority ethnic people gives it once.
sides as (

    select
        collection_year,
        organisation_code,
        service,
        indicator_code,
        comparison_group as ethnic_group,
        numerator,
        denominator
    from returned
    where comparison_group in ('asian', 'black', 'mixed', 'other')

    union all

    select
        collection_year,
        organisation_code,
        service,
        indicator_code,
        'white' as ethnic_group,
        reference_numerator as numerator,
        reference_denominator as denominator
    from returned
    where comparison_group = 'minority_ethnic'

),

definitions as (

    select
        indicator_code,
        indicator_name,
        first_year,
        coalesce(last_year, 9999) as last_year
    from {{ ref('indicator_register') }}
    where collection = 'sc-wres'

),

ethnic_groups as (

    select
        ethnic_group,
        ethnic_group_name,
        sort_order
    from {{ ref('ethnic_group_register') }}

),

final as (

    select
        sides.collection_year,
        sides.organisation_code,
        sides.service,
        sides.indicator_code,
        definitions.indicator_name,
        ethnic_groups.ethnic_group_name,
        sides.numerator,
        sides.denominator,
        {{ double('sides.numerator') }} / sides.denominator as rate,
        ethnic_groups.sort_order
    from sides
    inner join definitions
        on
            sides.indicator_code = definitions.indicator_code
            and sides.collection_year between definitions.first_year and definitions.last_year
    inner join ethnic_groups
        on sides.ethnic_group = ethnic_groups.ethnic_group
    where sides.denominator > 0

)

{{ kept_by_year('final') }}
