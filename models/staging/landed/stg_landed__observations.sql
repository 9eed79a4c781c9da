with

source as (

    select * from {{ source('landed', 'observations') }}

),

typed as (

    select
        cast(submission_id as {{ varchar() }}) as submission_id,
        cast(sheet as {{ varchar() }}) as sheet,
        cast(cell as {{ varchar() }}) as cell,
        cast(row_number as integer) as row_number,
        cast(collection_year as integer) as collection_year,
        cast(area_level as {{ varchar() }}) as area_level,
        cast(area_code as {{ varchar() }}) as area_code,
        cast(area_name as {{ varchar() }}) as area_name,
        cast(region_code as {{ varchar() }}) as region_code,
        cast(ethnic_scheme as {{ varchar() }}) as ethnic_scheme,
        cast(ethnic_value as {{ varchar() }}) as ethnic_value,
        cast(measure as {{ varchar() }}) as measure,
        cast(breakdown as {{ varchar() }}) as breakdown,
        {{ double("value") }} as value,
        cast(value_note as {{ varchar() }}) as value_note,
        cast(value_text as {{ varchar() }}) as value_text
    from source

)

select * from typed
