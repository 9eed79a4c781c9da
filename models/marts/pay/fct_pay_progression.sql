-- Pay and progression: two groups on one ladder, by every measure that is free of a model.
{%- set figure = (
    "collection", "collection_year", "area_level", "area_code", "service", "ladder", "comparison_group",
) %}
{%- set thirds = ("lower", "middle", "upper") %}
with

counts as (

    select
        *,
        {% for column in figure -%}
        cast({{ column }} as {{ varchar() }}){{ " || '|' || " if not loop.last }}
        {%- endfor %} as figure_key
    from {{ ref('int_ladder_counts') }}
    where {{ is_year_to_build() }}

),

ladders as (

    select
        ladder,
        is_pay
    from {{ ref('ladder') }}

),

measures as (

    select
        measure,
        sort_order,
        unit,
        parity,
        is_estimate
    from {{ ref('progression_measure') }}

),

figures as (

    select
        counts.figure_key,
        {%- for column in figure %}
        counts.{{ column }},
        {%- endfor %}
        ladders.is_pay,
        max(counts.all_people) as staff,
        max(counts.all_reference_people) as reference_staff,
        coalesce(max(counts.value_note), max(counts.not_fit_note)) as figure_note,
        max(counts.organisations) as organisations
    from counts
    inner join ladders
        on counts.ladder = ladders.ladder
    group by
        counts.figure_key,
        {%- for column in figure %}
        counts.{{ column }},
        {%- endfor %}
        ladders.is_pay

),

-- A figure that is not whole, or not fit, has nobody here: nothing is calculable from it, and it keeps its reason.
steps as (

    select
        figure_key,
        area_level,
        breakdown,
        step_order,
        third,
        case when value_note is null and not_fit_note is null then people else 0 end as people,
        case when value_note is null and not_fit_note is null then reference_people else 0 end as reference_people,
        case when value_note is null and not_fit_note is null then base_people else 0 end as base_people,
        lower_limit,
        next_lower_limit
    from counts

),

in_thirds as (

    select
        figure_key,
        {% for third in thirds -%}
        sum(case when third = '{{ third }}' then people end) as {{ third }}_people,
        sum(case when third = '{{ third }}' then reference_people end) as {{ third }}_reference_people,
        {% endfor -%}
        count(distinct third) as thirds
    from steps
    group by figure_key

),

cuts as (

    select
        figure_key,
        breakdown,
        step_order,
        sum(people) over from_step as people_from,
        sum(people) over figure - sum(people) over from_step as people_below,
        sum(reference_people) over from_step as reference_people_from,
        sum(reference_people) over figure - sum(reference_people) over from_step as reference_people_below
    from steps
    window
        figure as (partition by figure_key),
        from_step as (
            partition by figure_key order by step_order rows between current row and unbounded following
        )

),

-- White staff come first in a disparity ratio, the comparison group in the odds at a cut.
odds as (
    {% for lower, upper in ((0, 1), (1, 2), (0, 2)) %}
    select
        figure_key,
        'disparity ratio' as measure,
        '{{ thirds[lower] }} to {{ thirds[upper] }}' as step,
        {{ loop.index }} as step_order,
        {{ thirds[upper] }}_reference_people as above1,
        {{ thirds[lower] }}_reference_people as below1,
        {{ thirds[upper] }}_people as above2,
        {{ thirds[lower] }}_people as below2,
        case when thirds < {{ thirds | length }} then 'not_in_thirds' end as step_note
    from in_thirds

    union all
    {% endfor %}
    select
        figure_key,
        'cumulative odds ratio' as measure,
        breakdown as step,
        step_order,
        people_from as above1,
        people_below as below1,
        reference_people_from as above2,
        reference_people_below as below2,
        cast(null as {{ varchar() }}) as step_note
    from cuts
    where step_order > 1

),

odds_measured as (

    select
        *,
        {{ odds_ratio('above1', 'below1', 'above2', 'below2') }} as value,
        {{ odds_ratio_lower('above1', 'below1', 'above2', 'below2') }} as lower_95,
        {{ odds_ratio_upper('above1', 'below1', 'above2', 'below2') }} as upper_95,
        {{ odds_ratio_z('above1', 'below1', 'above2', 'below2') }} as z
    from odds

),

odds_rows as (

    select
        figure_key,
        measure,
        step,
        step_order,
        value,
        lower_95,
        upper_95,
        {{ two_sided_p_value('z') }} as p_value,
        case
            when step_note is not null then step_note
            when above1 + below1 = 0 or above2 + below2 = 0 then 'no_base'
            when value is null then 'empty_step'
            when 0 in (above1, below1, above2, below2) then 'half_added'
        end as value_note
    from odds_measured

),

ordered as (

    {{ ordered_groups('steps', 'figure_key') | indent(4) }}

),

national_figures as (

    select distinct figure_key
    from steps
    where area_level = 'national'

),

whole_ladder_rows as (

    select
        figure_key,
        'probability of superiority' as measure,
        probability_of_superiority as value,
        lower_95,
        upper_95,
        mann_whitney_p as p_value,
        'no_base' as value_note
    from ordered

    union all

    select
        figure_key,
        'generalised odds ratio' as measure,
        generalised_odds_ratio as value,
        {{ double('null') }} as lower_95,
        {{ double('null') }} as upper_95,
        mann_whitney_p as p_value,
        case when people = 0 or reference_people = 0 then 'no_base' else 'nobody_lower' end as value_note
    from ordered
    {%- for measure, column in (
        ("dissimilarity index", "dissimilarity_index"),
        ("dissimilarity index under equality", "expected_dissimilarity"),
    ) %}

    -- In a small place chance alone sets it well above 0, so that it is for England only.
    union all

    select
        ordered.figure_key,
        '{{ measure }}' as measure,
        ordered.{{ column }} as value,
        {{ double('null') }} as lower_95,
        {{ double('null') }} as upper_95,
        {{ double('null') }} as p_value,
        'no_base' as value_note
    from ordered
    inner join national_figures
        on ordered.figure_key = national_figures.figure_key
    {%- endfor %}

),

pay_figures as (

    select
        figure_key,
        staff,
        reference_staff
    from figures
    where is_pay

),

pay_steps as (

    select steps.*
    from steps
    inner join pay_figures
        on steps.figure_key = pay_figures.figure_key

),

compared_medians as (

    {{ grouped_median('pay_steps', 'figure_key') | indent(4) }}

),

reference_steps as (

    select
        figure_key,
        step_order,
        lower_limit,
        next_lower_limit,
        reference_people as people
    from pay_steps

),

reference_medians as (

    {{ grouped_median('reference_steps', 'figure_key') | indent(4) }}

),

top_bands as (

    select
        figure_key,
        max(lower_limit) as top_band_from
    from pay_steps
    group by figure_key

),

median_gaps as (

    select
        pay_figures.figure_key,
        100
        * (reference_medians.grouped_median - compared_medians.grouped_median)
        / nullif(reference_medians.grouped_median, 0) as value,
        pay_figures.staff > 0 and pay_figures.reference_staff > 0 as has_base,
        top_bands.top_band_from in (compared_medians.median_band_from, reference_medians.median_band_from)
            as is_in_open_band,
        0 in (compared_medians.median_band_from, reference_medians.median_band_from) as is_in_lowest_band
    from pay_figures
    inner join compared_medians
        on pay_figures.figure_key = compared_medians.figure_key
    inner join reference_medians
        on pay_figures.figure_key = reference_medians.figure_key
    inner join top_bands
        on pay_figures.figure_key = top_bands.figure_key

),

median_rows as (

    select
        figure_key,
        value,
        case
            when not has_base then 'no_base'
            when value is null and is_in_open_band then 'median_in_open_band'
            when value is null then 'no_limits'
            when is_in_lowest_band then 'median_in_lowest_band'
            else 'estimated_from_bands'
        end as value_note
    from median_gaps

),

-- Quarters are of everybody whose ethnic group is known, whichever group is compared.
figures_without_base as (

    select distinct figure_key
    from pay_steps
    where base_people is null

),

quarter_base as (

    select
        pay_steps.figure_key,
        pay_steps.step_order,
        case when figures_without_base.figure_key is null then pay_steps.people else 0 end as people,
        case when figures_without_base.figure_key is null then pay_steps.base_people else 0 end as base_people
    from pay_steps
    left join figures_without_base
        on pay_steps.figure_key = figures_without_base.figure_key

),

quarters as (

    {{ quarter_shares('quarter_base', 'figure_key') | indent(4) }}

),

quarter_rows as (

    select
        quarters.figure_key,
        quarters.quarter,
        quarters.share_of_quarter as value,
        case
            when quarters.share_of_quarter is not null then 'estimated_from_bands'
            when figures_without_base.figure_key is not null then 'not_in_detail'
            else 'no_base'
        end as value_note
    from quarters
    left join figures_without_base
        on quarters.figure_key = figures_without_base.figure_key

),

measured as (

    select
        figure_key,
        measure,
        step,
        step_order,
        value,
        lower_95,
        upper_95,
        p_value,
        value_note
    from odds_rows

    union all

    select
        figure_key,
        measure,
        'all' as step,
        0 as step_order,
        value,
        lower_95,
        upper_95,
        p_value,
        case when value is null then value_note end as value_note
    from whole_ladder_rows

    union all

    select
        figure_key,
        'median pay gap' as measure,
        'all' as step,
        0 as step_order,
        value,
        {{ double('null') }} as lower_95,
        {{ double('null') }} as upper_95,
        {{ double('null') }} as p_value,
        value_note
    from median_rows

    union all

    select
        figure_key,
        'share of quarter' as measure,
        'quarter ' || cast(quarter as {{ varchar() }}) as step,
        quarter as step_order,
        value,
        {{ double('null') }} as lower_95,
        {{ double('null') }} as upper_95,
        {{ double('null') }} as p_value,
        value_note
    from quarter_rows

),

final as (

    select
        {%- for column in figure %}
        figures.{{ column }},
        {%- endfor %}
        'white' as reference_group,
        measured.measure,
        measures.sort_order as measure_order,
        measured.step,
        cast(measured.step_order as integer) as step_order,
        measures.unit,
        measures.parity,
        measured.value,
        measured.lower_95,
        measured.upper_95,
        measured.p_value,
        measures.is_estimate,
        coalesce(figures.figure_note, measured.value_note) as value_note,
        figures.staff,
        figures.reference_staff,
        figures.organisations
    from measured
    inner join figures
        on measured.figure_key = figures.figure_key
    inner join measures
        on measured.measure = measures.measure

)

{{ kept_by_year('final') }}
