{% macro record_lines(topic, fields) -%}
    {#-
    The lines of one sheet of records of the current returns, a column for each field.

    topic: the sheet's topic in the seed form_sheet.
    fields: list of fields of the seed form_record.
    Returns: SQL of a query: submission_id, collection_year, organisation_code, service, line and the fields as texts, null where blank.
    Why: landed records are one row a cell; every sheet of records is read alike.
    -#}
    select
        versions.submission_id,
        versions.collection_year,
        versions.organisation_code,
        versions.service,
        observations.row_number as line,
        {%- for field in fields %}
        max(case when observations.breakdown = '{{ field }}' then observations.value_text end) as {{ field }}
        {{- "," if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_landed__observations') }} as observations
    inner join {{ ref('submission_version') }} as versions
        on observations.submission_id = versions.submission_id
    where
        observations.measure = '{{ topic }}'
        and versions.version_rank = 1
    group by
        versions.submission_id,
        versions.collection_year,
        versions.organisation_code,
        versions.service,
        observations.row_number
{%- endmacro %}


{% macro names_indicator(indicators, indicator_code) -%}
    {#-
    Whether a list of indicators, such as '2; 7a', names an indicator.

    indicators: SQL of the list as a text, parted by semicolons or commas.
    indicator_code: SQL of the indicator's code.
    Returns: SQL of a boolean.
    Why: engines split texts differently; a search between marks is the same in all.
    -#}
    ';' || replace(replace(lower({{ indicators }}), ' ', ''), ',', ';') || ';' like '%;' || {{ indicator_code }} || ';%'
{%- endmacro %}
