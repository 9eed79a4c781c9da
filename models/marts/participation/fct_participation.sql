with

register as (

    select * from {{ ref('int_register') }}

),

indicators as (

    select
        collection,
        collection_year,
        area_code,
        service,
        count(distinct case when value_note is null then indicator_code end) as indicators_usable
    from {{ every_service('int_indicator_counts') }} as figures
    where
        area_level = 'organisation'
        and definition = 'as_collected'
        and breakdown = 'all'
        and comparison_group = 'minority_ethnic'
        and reference_group = 'white'
    group by
        collection,
        collection_year,
        area_code,
        service

),

final as (

    select
        register.collection,
        register.collection_year,
        register.organisation_code,
        register.organisation_name,
        register.service,
        register.status,
        register.next_to_act,
        register.registration_kind,
        register.registration_outcome,
        register.registered_on,
        register.sponsor_role,
        register.due_on,
        register.as_of,
        register.days_left,
        register.is_late,
        register.return_version,
        register.versions_received,
        register.refused_files,
        register.errors,
        register.open_queries,
        register.answered_queries,
        register.signed_off_on,
        register.snapshot_date,
        register.ethnic_scheme,
        register.is_consent_given,
        register.is_synthetic,
        register.cells_given,
        register.cells_counted,
        coalesce(indicators.indicators_usable, 0) as indicators_usable,
        register.submission_id
    from register
    left join indicators
        on
            register.collection = indicators.collection
            and register.collection_year = indicators.collection_year
            and register.organisation_code = indicators.area_code
            and register.service = indicators.service

)

select * from final
