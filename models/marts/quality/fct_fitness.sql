{%- set key = ("collection", "collection_year", "area_code", "service", "indicator_code") %}
with

counts as (

    select
        collection,
        collection_year,
        area_code,
        service,
        indicator_code,
        definition_version,
        unknown_denominator,
        total_denominator,
        is_all_services
    from {{ ref('int_indicator_counts') }}
    -- Restated figures have the base of the return they come from.
    where
        area_level = 'organisation'
        and comparison_group = 'minority_ethnic'
        and reference_group = 'white'

),

figure_issues as (

    select * from {{ ref('fct_figure_issue') }}

),

definitions as (

    select
        collection,
        indicator_code,
        definition_version,
        denominator_measure
    from {{ ref('indicator_register') }}

),

-- One base for all breakdowns of an indicator.
bases as (

    select
        counts.collection,
        counts.collection_year,
        counts.area_code,
        counts.service,
        counts.indicator_code,
        max(definitions.denominator_measure) as denominator_measure,
        max(counts.unknown_denominator) as unknown_denominator,
        max(counts.total_denominator) as total_denominator,
        max(case when counts.is_all_services then 1 else 0 end) as is_all_services
    from counts
    inner join definitions
        on
            counts.collection = definitions.collection
            and counts.indicator_code = definitions.indicator_code
            and counts.definition_version = definitions.definition_version
    group by
        counts.collection,
        counts.collection_year,
        counts.area_code,
        counts.service,
        counts.indicator_code

),

staff as (

    select
        collection,
        collection_year,
        area_code,
        service,
        max(total_denominator) as staff
    from bases
    where denominator_measure = 'staff'
    group by
        collection,
        collection_year,
        area_code,
        service

),

-- An issue of one service is one of the sum of services, too.
issues_of as (

    select
        collection,
        collection_year,
        area_code,
        service,
        indicator_code,
        fitness,
        severity,
        rule_code
    from figure_issues

    union all

    select
        collection,
        collection_year,
        area_code,
        'all' as service,
        indicator_code,
        fitness,
        severity,
        rule_code
    from figure_issues

),

issues as (

    select
        collection,
        collection_year,
        area_code,
        service,
        indicator_code,
        count(case when severity = 'error' then 1 end) as errors,
        count(case when severity = 'query' then 1 end) as queries,
        max(case when fitness = 'not fit' then 1 else 0 end) as is_not_fit,
        max(case when fitness = 'use with care' then 1 else 0 end) as is_with_care
    from issues_of
    group by
        collection,
        collection_year,
        area_code,
        service,
        indicator_code

),

rules_broken as (

    select distinct
        collection,
        collection_year,
        area_code,
        service,
        indicator_code,
        rule_code
    from issues_of

),

rule_lists as (

    select
        collection,
        collection_year,
        area_code,
        service,
        indicator_code,
        {{ dbt.listagg("rule_code", "', '", "order by rule_code") }} as rules_broken
    from rules_broken
    group by
        collection,
        collection_year,
        area_code,
        service,
        indicator_code

),

measured as (

    select
        bases.collection,
        bases.collection_year,
        bases.area_code,
        bases.service,
        bases.indicator_code,
        bases.is_all_services,
        1 - {{ rate('bases.unknown_denominator', 'bases.total_denominator') }} as declaration_rate,
        case
            when bases.denominator_measure = 'survey_respondents'
                then {{ rate('bases.total_denominator', 'staff.staff') | indent(16) }}
        end as response_rate,
        coalesce(issues.errors, 0) as errors,
        coalesce(issues.queries, 0) as queries,
        coalesce(issues.is_not_fit, 0) as is_not_fit,
        coalesce(issues.is_with_care, 0) as is_with_care,
        rule_lists.rules_broken
    from bases
    left join staff
        on
            bases.collection = staff.collection
            and bases.collection_year = staff.collection_year
            and bases.area_code = staff.area_code
            and bases.service = staff.service
    {%- for relation in ("issues", "rule_lists") %}
    left join {{ relation }}
        on
            {% for column in key[1:] -%}
            bases.{{ column }} = {{ relation }}.{{ column }}
            and {% endfor -%}
            bases.{{ key[0] }} = {{ relation }}.{{ key[0] }}
    {%- endfor %}

),

judged as (

    select
        is_all_services,
        collection,
        collection_year,
        area_code,
        service,
        indicator_code,
        case
            when is_not_fit = 1 or declaration_rate < {{ double(var('declaration_minimum')) }} then 'not fit'
            when is_with_care = 1 or response_rate < {{ double(var('response_minimum')) }} then 'use with care'
            else 'fit'
        end as fitness,
        -- The gravest reason first; the rules that were broken are listed beside it.
        case
            when is_not_fit = 1 then 'data_error'
            when declaration_rate < {{ double(var('declaration_minimum')) }} then 'low_declaration'
            when is_with_care = 1 then 'open_issues'
            when response_rate < {{ double(var('response_minimum')) }} then 'low_response'
        end as fitness_reason,
        declaration_rate,
        response_rate,
        errors,
        queries,
        rules_broken
    from measured

),

-- Of an organisation with one service, all services are as fit as that one.
final as (

    {% for service in ("service", "'all' as service") -%}
    select
        collection,
        collection_year,
        area_code,
        {{ service }},
        indicator_code,
        fitness,
        fitness_reason,
        declaration_rate,
        response_rate,
        errors,
        queries,
        rules_broken
    from judged
    {%- if not loop.first %}
    where is_all_services = 1
    {%- endif %}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {% endfor %}

)

select * from final
