-- Where an organisation has its own bands, their lower limits are on the cover of its current return.
with

versions as (

    select
        submission_id,
        collection_year,
        organisation_code,
        service
    from {{ ref('submission_version') }}
    where version_rank = 1

),

answers as (

    select
        submission_id,
        field,
        value
    from {{ ref('cover_answer') }}

),

bands as (

    select pay_band
    from {{ ref('pay_band_register') }}

),

final as (

    select
        versions.collection_year,
        versions.organisation_code,
        versions.service,
        bands.pay_band,
        cast(answers.value as integer) as lower_limit
    from versions
    inner join answers
        on versions.submission_id = answers.submission_id
    inner join bands
        on answers.field = lower(replace(bands.pay_band, ' ', '_')) || '_from'
    -- What is no salary is no limit, and may be too large a number to build with.
    where answers.value between 0 and {{ var('band_limit_most') }}

)

select * from final
