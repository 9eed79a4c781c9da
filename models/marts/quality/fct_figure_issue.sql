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
        form_sheet,
        cell,
        message,
        what_to_do
    from {{ ref('fct_data_issue') }}
    where
        is_current
        and not is_answered
        and collection_year is not null
        and area_code is not null
        and service is not null

),

effects as (

    select
        rule_code,
        endangers,
        indicator_code,
        fitness
    from {{ ref('rule_effect') }}

),

indicator_sheets as (

    select * from {{ ref('int_indicator_sheet') }}

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
                or (endangered.endangers = 'sheet' and endangered.form_sheet = indicator_sheets.sheet)
                or (endangered.endangers = 'indicator' and endangered.indicator_code = indicator_sheets.indicator_code)
            )

)

select * from final
