-- Whose figures may be shown: an organisation's, for a service, where it consented for every return behind it.
with

returns as (

    select
        collection,
        collection_year,
        organisation_code,
        service,
        coalesce(is_consent_given, false) as is_consent_given
    from {{ ref('int_participation') }}
    where submission_id is not null

),

by_service as (

    select * from returns
    union all
    select
        collection,
        collection_year,
        organisation_code,
        'all' as service,
        min(case when is_consent_given then 1 else 0 end) = 1 as is_consent_given
    from returns
    group by
        collection,
        collection_year,
        organisation_code

),

final as (

    select * from by_service

)

select * from final
