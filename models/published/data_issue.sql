with

source as (

    select * from {{ ref('fct_data_issue') }}

),

final as (

    select
        collection,
        collection_year,
        area_code,
        area_name,
        service,
        severity,
        rule_code,
        title,
        dimension,
        file_name,
        sheet,
        cell,
        value_text,
        message,
        explanation,
        what_to_do,
        submission_id,
        is_current,
        issue_reference,
        subject,
        responsible,
        indicators,
        reply,
        is_answered
    from source

)

select * from final
