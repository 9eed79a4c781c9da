{%- set figure = open_figure_columns() %}
{%- set places = open_counts() %}
with

changes as (

    select * from {{ ref('year_on_year') }}
    where
        definition = 'as_collected'
        and {{ in_open_groups() }}
        -- An organisation is its own panel.
        and (panel = 'all' or area_level != 'organisation')

),

counts as (

    select * from {{ ref('int_open_count') }}

),

consents as (

    select * from {{ ref('int_open_consent') }}

),

areas as (

    select * from {{ ref('dim_area') }}

),

indicator_names as (

    select
        collection,
        indicator_code,
        max(indicator_name) as indicator_name
    from {{ ref('dim_indicator') }}
    group by
        collection,
        indicator_code

),

years as (

    select distinct
        collection,
        collection_year
    from {{ ref('int_disclosure_figure') }}

),

joined as (

    select
        changes.*,
        {% for side, name in (("", "counts"), ("previous_", "previous_counts")) -%}
        {% for place in places -%}
        {{ name }}.{{ place }} as open_{{ side }}{{ place }},
        case
            when {{ name }}.collection is null then 'x'
            else {{ name }}.{{ place }}_symbol
        end as {{ side }}{{ place }}_symbol,
        {% endfor -%}
        coalesce({{ name }}.is_hidden, false) as is_{{ side }}hidden,
        {% endfor -%}
        consents.is_consent_given
    from changes
    inner join years
        on
            changes.collection = years.collection
            and changes.collection_year = years.collection_year
    {%- for name, year in (("counts", "collection_year"), ("previous_counts", "previous_year")) %}
    left join counts{{ " as previous_counts" if name != "counts" }}
        on
            {{ same_columns('changes', name, figure + ['panel']) }}
            and changes.{{ year }} = {{ name }}.counted_year
    {%- endfor %}
    {%- for name, year in (("consents", "collection_year"), ("previous_consents", "previous_year")) %}
    left join consents{{ " as previous_consents" if name != "consents" }}
        on
            changes.collection = {{ name }}.collection
            and changes.{{ year }} = {{ name }}.collection_year
            and changes.area_code = {{ name }}.organisation_code
            and changes.service = {{ name }}.service
    {%- endfor %}
    where
        changes.area_level != 'organisation'
        or (consents.is_consent_given and previous_consents.is_consent_given)

),

symbolled as (

    select
        {% for symbol, value, counts_of, hidden in (
            ("previous_likelihood_symbol", "previous_relative_likelihood", ["joined.open_previous_numerator"],
            "joined.is_previous_hidden"),
            ("likelihood_symbol", "relative_likelihood", ["joined.open_numerator"], "joined.is_hidden"),
            ("change_symbol", "ratio_of_ratios", ["joined.open_numerator", "joined.open_previous_numerator"],
            "joined.is_hidden or joined.is_previous_hidden"),
        ) -%}
        {{ open_symbol('joined.' ~ value, counts_of, hidden, 'joined.comparability_note') }} as {{ symbol }},
        {% endfor -%}
        joined.*
    from joined

),

{{ open_change_rows() }}
