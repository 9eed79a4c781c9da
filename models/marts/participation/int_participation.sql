with

versions as (

    select
        *,
        -- A return that came in time and was corrected later was in time.
        min(signed_off_on) over (
            partition by collection, collection_year, organisation_code, service
        ) as first_signed_off_on
    from {{ ref('submission_version') }}
    where is_by_ethnic_group

),

current_returns as (

    select * from versions
    where collection = 'sc-wres' and version_rank = 1

),

registered as (

    select
        collection_year,
        organisation_code,
        service,
        submission_id
    from {{ ref('registration_entry') }}
    where outcome = 'accepted'

),

registered_organisations as (

    select distinct
        collection_year,
        organisation_code
    from registered

),

-- A round of which a return is held, or the programme's own register.
years as (

    select
        collection,
        collection_year,
        reference_on,
        closes_on
    from {{ ref('collection_year') }}

    union

    select
        rounds.collection,
        rounds.collection_year,
        rounds.closes_on as reference_on,
        rounds.closes_on
    from {{ ref('collection_round') }} as rounds
    inner join registered
        on rounds.collection_year = registered.collection_year
    where rounds.collection = 'sc-wres' and registered.submission_id is not null

),

census_years as (

    select
        collection,
        collection_year,
        is_synthetic
    from versions
    where collection = 'csww' and version_rank = 1

),

organisation_areas as (

    select * from {{ ref('organisation_area') }}

),

organisations as (

    select
        organisation_code,
        organisation_name
    from {{ ref('organisation') }}

),

group_values as (

    select
        listed.scheme,
        listed.value
    from {{ ref('ethnic_group_mapping') }} as listed
    inner join {{ ref('ethnic_group_register') }} as ethnic_groups
        on listed.ethnic_group = ethnic_groups.ethnic_group
    where ethnic_groups.level != 'total'

),

counts as (

    select
        headcounts.collection,
        headcounts.collection_year,
        headcounts.area_code,
        headcounts.service,
        count(*) as cells_given,
        count(headcounts.value) as cells_counted
    from {{ ref('headcount') }} as headcounts
    inner join group_values
        on
            headcounts.ethnic_scheme = group_values.scheme
            and headcounts.ethnic_value = group_values.value
    where headcounts.area_level = 'organisation' and headcounts.is_by_ethnic_group
    group by
        headcounts.collection,
        headcounts.collection_year,
        headcounts.area_code,
        headcounts.service

),

-- Who was expected: in the census everybody on the register; in the standard whoever registered, for the services that
-- it registered for, and whoever gave a return without that, for each service that it runs.
expected as (

    select distinct
        census_years.collection,
        census_years.collection_year,
        organisation_areas.organisation_code,
        organisation_areas.service
    from census_years
    inner join years
        on
            census_years.collection = years.collection
            and census_years.collection_year = years.collection_year
    inner join organisation_areas
        on
            census_years.collection = organisation_areas.collection
            and {{ is_in_force('organisation_areas', 'years.reference_on') }}

    union

    select distinct
        current_returns.collection,
        current_returns.collection_year,
        organisation_areas.organisation_code,
        organisation_areas.service
    from current_returns
    inner join years
        on
            current_returns.collection = years.collection
            and current_returns.collection_year = years.collection_year
    inner join organisation_areas
        on
            current_returns.collection = organisation_areas.collection
            and current_returns.organisation_code = organisation_areas.organisation_code
            and {{ is_in_force('organisation_areas', 'years.reference_on') }}
    left join registered_organisations
        on
            current_returns.collection_year = registered_organisations.collection_year
            and current_returns.organisation_code = registered_organisations.organisation_code
    where registered_organisations.organisation_code is null

    union

    select
        years.collection,
        registered.collection_year,
        registered.organisation_code,
        registered.service
    from registered
    inner join years
        on
            years.collection = 'sc-wres'
            and registered.collection_year = years.collection_year

    union

    select
        collection,
        collection_year,
        area_code as organisation_code,
        service
    from counts
    where collection in (select census_years.collection from census_years)

    union

    select
        collection,
        collection_year,
        organisation_code,
        service
    from current_returns

),

final as (

    select
        expected.collection,
        expected.collection_year,
        expected.organisation_code,
        coalesce(current_returns.organisation_name, organisations.organisation_name) as organisation_name,
        expected.service,
        case
            when counts.cells_given is null then 'not returned'
            when current_returns.first_signed_off_on > years.closes_on then 'returned late'
            else 'returned'
        end as status,
        current_returns.return_version,
        coalesce(current_returns.versions_received, 0) as versions_received,
        current_returns.signed_off_on,
        current_returns.snapshot_date,
        current_returns.ethnic_scheme,
        current_returns.is_consent_given,
        coalesce(current_returns.is_synthetic, census_years.is_synthetic, false) as is_synthetic,
        coalesce(counts.cells_given, 0) as cells_given,
        coalesce(counts.cells_counted, 0) as cells_counted,
        current_returns.submission_id
    from expected
    inner join years
        on
            expected.collection = years.collection
            and expected.collection_year = years.collection_year
    left join organisations
        on expected.organisation_code = organisations.organisation_code
    left join current_returns
        on
            expected.collection = current_returns.collection
            and expected.collection_year = current_returns.collection_year
            and expected.organisation_code = current_returns.organisation_code
            and expected.service = current_returns.service
    left join census_years
        on
            expected.collection = census_years.collection
            and expected.collection_year = census_years.collection_year
    left join counts
        on
            expected.collection = counts.collection
            and expected.collection_year = counts.collection_year
            and expected.organisation_code = counts.area_code
            and expected.service = counts.service

)

select * from final
