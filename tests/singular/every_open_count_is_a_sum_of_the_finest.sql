-- What the attacker is given to add up is what the figures show, to the person.
with

sums as (

    select
        parts.cell_id,
        sum(counts.people) as people
    from {{ ref('int_disclosure_part') }} as parts
    inner join {{ ref('int_disclosure_count') }} as counts
        on parts.count_id = counts.count_id
    group by parts.cell_id

),

{% for place in ("numerator", "denominator", "reference_numerator", "reference_denominator") -%}
{{ place }}s as (

    select
        cells.cell_id,
        figures.{{ place }} as shown,
        sums.people
    from {{ ref('int_disclosure_figure') }} as figures
    left join {{ ref('int_disclosure_cell') }} as cells
        on
            {% for column in open_figure_columns() + ["panel", "counted_year"] -%}
            figures.{{ column }} = cells.{{ column }}
            and {% endfor -%}
            cells.place = '{{ place }}'
    left join sums
        on cells.cell_id = sums.cell_id

),

{% endfor -%}
final as (

    {{ every_row_of(("numerators", "denominators", "reference_numerators", "reference_denominators")) }}

)

select * from final
where people is null or people != shown
