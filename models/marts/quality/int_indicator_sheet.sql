-- What each indicator of a year is counted from: its sheets of the form.
with

definitions as (

    select
        collection,
        indicator_code,
        first_year,
        coalesce(last_year, 9999) as last_year,
        numerator_measure,
        denominator_measure
    from {{ ref('indicator_register') }}

),

form_columns as (

    select
        sheet,
        measure,
        first_year,
        coalesce(last_year, 9999) as last_year
    from {{ ref('form_column') }}

),

final as (

    select distinct
        definitions.collection,
        definitions.indicator_code,
        form_columns.sheet,
        greatest(definitions.first_year, form_columns.first_year) as first_year,
        least(definitions.last_year, form_columns.last_year) as last_year
    from definitions
    inner join form_columns
        on
            form_columns.measure in (definitions.numerator_measure, definitions.denominator_measure)
            and definitions.first_year <= form_columns.last_year
            and definitions.last_year >= form_columns.first_year

)

select * from final
