-- What the cover of a return says, against the register and against the versions before.
with

returns as (

    select * from {{ ref('int_return') }}

),

versions as (

    select
        submission_id,
        collection_year,
        organisation_code,
        service,
        return_version,
        version_rank
    from {{ ref('submission_version') }}
    where collection = 'sc-wres'

),

organisations as (

    select
        organisation_code,
        organisation_name,
        valid_from,
        valid_to,
        is_on_register
    from {{ ref('organisation') }}

),

cover_cells as (

    select
        submission_id,
        field,
        cell
    from {{ ref('cover_answer') }}

),

bands as (

    select
        pay_band,
        sort_order,
        lower(replace(pay_band, ' ', '_')) || '_from' as field
    from {{ ref('pay_band_register') }}
    where scheme = 'own'

),

own_limits as (

    select
        collection_year,
        organisation_code,
        service,
        pay_band,
        lower_limit
    from {{ ref('own_band_limit') }}

),

table_columns as (

    select
        submission_id,
        breakdown,
        people
    from {{ ref('int_return_column') }}
    where measure = 'staff' and {{ is_year_to_build() }}

),

numbered_versions as (

    select
        submission_id,
        return_version,
        count(*) over (partition by collection_year, organisation_code, service, return_version) as files,
        row_number() over (
            partition by collection_year, organisation_code, service, return_version
            order by version_rank
        ) as file_rank
    from versions
    where return_version is not null

),

same_version_twice as (

    select
        submission_id,
        'same_version_twice' as rule_code,
        '' as sheet,
        '' as cell,
        'return' as subject,
        cast(return_version as {{ varchar() }}) as value_text,
        files > 1 as is_broken,
        cast(files as {{ varchar() }}) as part_1,
        cast(return_version as {{ varchar() }}) as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from numbered_versions
    where file_rank = 1

),

earlier_versions as (

    select
        returns.submission_id,
        returns.return_version,
        max(
            case when versions.return_version < returns.return_version then versions.return_version end
        ) as last_received
    from returns
    inner join versions
        on
            returns.collection_year = versions.collection_year
            and returns.organisation_code = versions.organisation_code
            and returns.service = versions.service
    where returns.return_version is not null
    group by
        returns.submission_id,
        returns.return_version

),

version_not_next as (

    select
        earlier_versions.submission_id,
        'version_not_next' as rule_code,
        'Cover' as sheet,
        coalesce(cover_cells.cell, '') as cell,
        'cover | return_version' as subject,
        cast(earlier_versions.return_version as {{ varchar() }}) as value_text,
        earlier_versions.return_version > coalesce(earlier_versions.last_received, 0) + 1 as is_broken,
        cast(earlier_versions.return_version as {{ varchar() }}) as part_1,
        cast(coalesce(earlier_versions.last_received, 0) + 1 as {{ varchar() }}) as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from earlier_versions
    left join cover_cells
        on
            earlier_versions.submission_id = cover_cells.submission_id
            and cover_cells.field = 'return_version'

),

registered as (

    select
        returns.submission_id,
        returns.organisation_code,
        returns.organisation_name as name_given,
        returns.closes_on,
        organisations.organisation_name,
        organisations.valid_from,
        organisations.valid_to,
        organisations.is_on_register
    from returns
    inner join organisations
        on returns.organisation_code = organisations.organisation_code

),

organisation_not_on_register as (

    select
        submission_id,
        'organisation_not_on_register' as rule_code,
        '' as sheet,
        '' as cell,
        'cover | organisation_code' as subject,
        organisation_code as value_text,
        not is_on_register as is_broken,
        organisation_name as part_1,
        organisation_code as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from registered

),

organisation_outside_dates as (

    select
        submission_id,
        'organisation_outside_dates' as rule_code,
        '' as sheet,
        '' as cell,
        'cover | organisation_code' as subject,
        organisation_code as value_text,
        coalesce(closes_on < valid_from, false) or coalesce(closes_on > valid_to, false) as is_broken,
        organisation_name as part_1,
        organisation_code as part_2,
        cast(closes_on as {{ varchar() }}) as part_3,
        '' as part_4,
        '' as part_5
    from registered
    where is_on_register and closes_on is not null

),

-- Names as words: 'Bristol, City of' is known by what stands before the comma, and councils write & for and.
names as (

    select
        organisation_code,
        ' ' || lower(
            replace(replace({{ dbt.split_part('organisation_name', "','", 1) }}, ' & ', ' and '), ' / ', ' and ')
        ) || ' ' as words
    from organisations
    where is_on_register

),

names_given as (

    select
        registered.submission_id,
        registered.organisation_code,
        registered.organisation_name,
        registered.name_given,
        ' ' || lower(
            replace(replace(replace(registered.name_given, ',', ' '), ' & ', ' and '), ' / ', ' and ')
        ) || ' ' as words,
        own_names.words as own_words
    from registered
    inner join names as own_names
        on registered.organisation_code = own_names.organisation_code
    where registered.name_given is not null

),

-- A name of its own that is not the register's says nothing; that of another organisation does.
names_of_others as (

    select
        names_given.submission_id,
        max(names.organisation_code) as other_code
    from names_given
    inner join names
        on names_given.organisation_code != names.organisation_code
    where
        {{ dbt.position('names.words', 'names_given.words') }} > 0
        and {{ dbt.position('names_given.own_words', 'names_given.words') }} = 0
        and {{ dbt.position('trim(names_given.words)', 'names_given.own_words') }} = 0
    group by names_given.submission_id

),

name_of_another as (

    select
        names_given.submission_id,
        'name_of_another' as rule_code,
        'Cover' as sheet,
        coalesce(cover_cells.cell, '') as cell,
        'cover | organisation_name' as subject,
        names_given.name_given as value_text,
        names_of_others.submission_id is not null as is_broken,
        names_given.name_given as part_1,
        names_given.organisation_code as part_2,
        names_given.organisation_name as part_3,
        '' as part_4,
        '' as part_5
    from names_given
    left join names_of_others
        on names_given.submission_id = names_of_others.submission_id
    left join cover_cells
        on
            names_given.submission_id = cover_cells.submission_id
            and cover_cells.field = 'organisation_name'

),

own_bands as (

    select
        returns.submission_id,
        bands.pay_band,
        bands.sort_order,
        bands.field,
        coalesce(cover_cells.cell, '') as cell,
        table_columns.people,
        own_limits.lower_limit
    from returns
    cross join bands
    inner join table_columns
        on
            returns.submission_id = table_columns.submission_id
            and bands.pay_band = table_columns.breakdown
    left join own_limits
        on
            returns.collection_year = own_limits.collection_year
            and returns.organisation_code = own_limits.organisation_code
            and returns.service = own_limits.service
            and bands.pay_band = own_limits.pay_band
    left join cover_cells
        on
            returns.submission_id = cover_cells.submission_id
            and bands.field = cover_cells.field

),

band_limit_missing as (

    select
        submission_id,
        'band_limit_missing' as rule_code,
        'Cover' as sheet,
        cell,
        'cover | ' || field as subject,
        cast(people as {{ varchar() }}) as value_text,
        lower_limit is null as is_broken,
        pay_band as part_1,
        cast(people as {{ varchar() }}) as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from own_bands
    where people > 0

),

band_limit_without_staff as (

    select
        submission_id,
        'band_limit_without_staff' as rule_code,
        'Cover' as sheet,
        cell,
        'cover | ' || field as subject,
        cast(lower_limit as {{ varchar() }}) as value_text,
        people is null as is_broken,
        pay_band as part_1,
        cast(lower_limit as {{ varchar() }}) as part_2,
        '' as part_3,
        '' as part_4,
        '' as part_5
    from own_bands
    where lower_limit is not null

),

ladder as (

    select
        submission_id,
        pay_band,
        field,
        cell,
        lower_limit,
        lag(pay_band) over (partition by submission_id order by sort_order) as band_below,
        lag(lower_limit) over (partition by submission_id order by sort_order) as limit_below
    from own_bands
    where lower_limit is not null

),

band_limits_not_ascending as (

    select
        submission_id,
        'band_limits_not_ascending' as rule_code,
        'Cover' as sheet,
        cell,
        'cover | ' || field as subject,
        cast(limit_below as {{ varchar() }}) || ', ' || cast(lower_limit as {{ varchar() }}) as value_text,
        lower_limit <= limit_below as is_broken,
        pay_band as part_1,
        cast(lower_limit as {{ varchar() }}) as part_2,
        band_below as part_3,
        cast(limit_below as {{ varchar() }}) as part_4,
        '' as part_5
    from ladder
    where limit_below is not null

),

final as (

    {{ checks_made([
        "same_version_twice", "version_not_next", "organisation_not_on_register", "organisation_outside_dates",
        "name_of_another", "band_limit_missing", "band_limit_without_staff", "band_limits_not_ascending",
    ]) }}

)

{{ kept_by_year('final') }}
