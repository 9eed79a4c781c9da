-- The counts of the open release as the pattern lets them be seen. No figure goes out but through here.
{%- set figure = open_figure_columns() + ["panel", "counted_year"] %}
{%- set places = open_counts() %}
with

cells as (

    select * from {{ ref('int_disclosure_cell') }}

),

pattern as (

    select
        cell_id,
        is_open
    from {{ source('open_release', 'pattern') }}

),

-- A cell that the pattern does not name is hidden.
seen as (

    select
        {% for column in figure -%}
        cells.{{ column }},
        {% endfor -%}
        cells.place,
        case when pattern.is_open then cells.people end as people,
        case when pattern.is_open then 1 else 0 end as is_open
    from cells
    left join pattern
        on cells.cell_id = pattern.cell_id
    where cells.area_level != 'organisation' or cells.is_consent_given

),

final as (

    select
        {{ figure | join(',\n        ') }},
        {% for place in places -%}
        cast(max(case when place = '{{ place }}' then people end) as bigint) as {{ place }},
        case when max(case when place = '{{ place }}' then is_open end) = 0 then 'c' end as {{ place }}_symbol,
        {% endfor -%}
        min(is_open) = 0 as is_hidden
    from seen
    group by {{ figure | join(', ') }}

)

select * from final
