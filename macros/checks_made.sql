{% macro checks_made(relations) -%}
    {#-
    The checks of a family of rules: each that is broken, with what it found, and how many others a return passed.

    relations: list of names of CTEs with submission_id, rule_code, is_broken and what was found; a CTE named returns
        says of which year a return is.
    Returns: a select, to be the body of a CTE, one row for each broken check, and one for all that a return passed of a
        rule; `checks` is how many a row stands for.
    Why: most checks are passed, and of those nobody asks what they found: half the time and an eighth of the rows.
    -#}
    {%- set found = (
        "sheet", "cell", "subject", "value_text", "part_1", "part_2", "part_3", "part_4", "part_5",
    ) -%}
    select
        returns.collection_year,
        checks.submission_id,
        checks.rule_code,
        checks.is_broken,
        {%- for column in found %}
        case when checks.is_broken then checks.{{ column }} end as {{ column }},
        {%- endfor %}
        count(*) as checks
    from (
        {{ every_row_of(relations) | indent(8) }}
    ) as checks
    inner join returns
        on checks.submission_id = returns.submission_id
    group by
        returns.collection_year,
        checks.submission_id,
        checks.rule_code,
        checks.is_broken
        {%- for column in found %},
        case when checks.is_broken then checks.{{ column }} end
        {%- endfor %}
{%- endmacro %}
