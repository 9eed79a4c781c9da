{%- set figure = open_figure_columns() %}
{%- set places = open_counts() %}
with

figures as (

    select * from {{ every_service('fct_indicator') }} as figures
    where
        definition = 'as_collected'
        and {{ in_open_groups() }}

),

counts as (

    select * from {{ ref('int_open_count') }}
    where
        panel = 'all'
        and counted_year = collection_year

),

consents as (

    select * from {{ ref('int_open_consent') }}

),

areas as (

    select * from {{ ref('dim_area') }}

),

definitions as (

    select
        collection,
        indicator_code,
        definition_version,
        indicator_name
    from {{ ref('dim_indicator') }}

),

years as (

    select distinct
        collection,
        collection_year
    from {{ ref('int_disclosure_figure') }}

),

joined as (

    select
        figures.*,
        {% for place in places -%}
        counts.{{ place }} as open_{{ place }},
        case
            when counts.collection is null then 'x'
            else counts.{{ place }}_symbol
        end as {{ place }}_symbol,
        {% endfor -%}
        coalesce(counts.is_hidden, false) as is_hidden
    from figures
    inner join years
        on
            figures.collection = years.collection
            and figures.collection_year = years.collection_year
    left join counts
        on {{ same_columns('figures', 'counts', figure) }}
    left join consents
        on
            figures.collection = consents.collection
            and figures.collection_year = consents.collection_year
            and figures.area_code = consents.organisation_code
            and figures.service = consents.service
    where figures.area_level != 'organisation' or consents.is_consent_given

),

symbolled as (

    select
        joined.*,
        {{ open_symbol(
            'joined.relative_likelihood', ['joined.open_numerator'], 'joined.is_hidden', 'joined.value_note'
        ) }} as likelihood_symbol
    from joined

),

{{ open_indicator_rows() }}
