with

issues as (

    select
        collection,
        collection_year,
        area_code,
        service,
        submission_id,
        rule_code,
        severity,
        file_name,
        sheet,
        cell,
        message,
        what_to_do
    from {{ ref('fct_data_issue') }}
    where is_current and collection_year is not null and area_code is not null and service is not null

),

effects as (

    select
        rule_code,
        endangers,
        indicator_code,
        fitness
    from {{ ref('rule_effect') }}

),

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

-- What each indicator of a year is counted from: its sheets of the form.
indicator_sheets as (

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

),

endangered as (

    select
        issues.*,
        effects.fitness,
        effects.endangers,
        effects.indicator_code
    from issues
    inner join effects
        on issues.rule_code = effects.rule_code

),

final as (

    select distinct
        endangered.collection,
        endangered.collection_year,
        endangered.area_code,
        endangered.service,
        indicator_sheets.indicator_code,
        endangered.fitness,
        endangered.severity,
        endangered.rule_code,
        endangered.file_name,
        endangered.sheet,
        endangered.cell,
        endangered.message,
        endangered.what_to_do,
        endangered.submission_id
    from endangered
    inner join indicator_sheets
        on
            endangered.collection = indicator_sheets.collection
            and endangered.collection_year between indicator_sheets.first_year and indicator_sheets.last_year
            and (
                endangered.endangers = 'return'
                or (endangered.endangers = 'sheet' and endangered.sheet = indicator_sheets.sheet)
                or (endangered.endangers = 'indicator' and endangered.indicator_code = indicator_sheets.indicator_code)
            )

)

select * from final
