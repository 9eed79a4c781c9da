with

source as (

    select * from {{ source('landed', 'issues') }}

),

typed as (

    select
        cast(submission_id as {{ varchar() }}) as submission_id,
        cast(sheet as {{ varchar() }}) as sheet,
        cast(cell as {{ varchar() }}) as cell,
        cast(rule_code as {{ varchar() }}) as rule_code,
        cast(subject as {{ varchar() }}) as subject,
        cast(value_text as {{ varchar() }}) as value_text,
        cast(message as {{ varchar() }}) as message
    from source

)

select * from typed
