{% macro ordered_groups(relation, key) -%}
    {#-
    Two groups of people on the same ordered steps, compared as a whole, for every key of a relation.

    relation: name of a CTE or relation with the key, step_order (from the lowest, unique within a key), people and
        reference_people (whole counts, none missing or negative).
    key: name of the column that stands for one comparison.
    Returns: a select, to be the body of a CTE, one row a key:
        the key; people and reference_people, all steps together;
        probability_of_superiority, that someone of the group stands higher than someone of the reference group, ties
        counting half: 0.5 is parity; NULL where a group has nobody;
        its limits lower_95 and upper_95, by placements on the logit scale; NULL with fewer than two people in a group,
        and where the value is 0 or 1 or nobody differs, since there is no variance to go by;
        mann_whitney_z and mann_whitney_p, corrected for ties, not for continuity; NULL where all stand on one step;
        generalised_odds_ratio, pairs in which the group is higher over pairs in which it is lower; NULL with none;
        dissimilarity_index, the part of either group that would have to change step for the two to be spread alike;
        and expected_dissimilarity, what the index would be on average if chance alone had placed the groups.
    Source: Mann and Whitney (1947); ties: Lehmann (1975); placements: DeLong, DeLong and Clarke-Pearson (1988); logit
        limits: Pepe (2003); Agresti (1980); Duncan and Duncan (1955); the index under equality: Winship (1977), by the
        half-normal mean of each step's hypergeometric difference.
    Why: pairs are counted in whole numbers and sums are exact, so that the order of rows changes no digit.
    -#}
    with

    ordered_steps as (

        select
            {{ key }},
            step_order,
            cast(people as bigint) as people,
            cast(reference_people as bigint) as reference_people,
            cast(sum(people) over comparison as bigint) as all_people,
            cast(sum(reference_people) over comparison as bigint) as all_reference_people,
            cast(sum(people) over up_to_step as bigint) as people_up_to,
            cast(sum(reference_people) over up_to_step as bigint) as reference_people_up_to
        from {{ relation }}
        window
            comparison as (partition by {{ key }}),
            up_to_step as (
                partition by {{ key }} order by step_order rows between unbounded preceding and current row
            )

    ),

    -- Where a person of one group on a step stands among the other group: how many are lower, of equals half.
    ordered_placements as (

        select
            {{ key }},
            step_order,
            people,
            reference_people,
            all_people,
            all_reference_people,
            all_people + all_reference_people as everybody,
            reference_people_up_to - reference_people as reference_people_below,
            all_reference_people - reference_people_up_to as reference_people_above,
            {{ double('2 * reference_people_up_to - reference_people') }}
            / nullif({{ double('2 * all_reference_people') }}, 0) as placement,
            {{ double('2 * (all_people - people_up_to) + people') }}
            / nullif({{ double('2 * all_people') }}, 0) as reference_placement
        from ordered_steps

    ),

    ordered_pairs as (

        select
            {{ key }},
            max(all_people) as people,
            max(all_reference_people) as reference_people,
            {{ double('sum(people * reference_people_below)') }} as pairs_higher,
            {{ double('sum(people * reference_people_above)') }} as pairs_lower,
            {{ exact_sum('power(' ~ double('people + reference_people') ~ ' / nullif(everybody, 0), 3)') }} as ties,
            {{ exact_sum(
                'abs(' ~ double('people') ~ ' / nullif(all_people, 0) - '
                ~ double('reference_people') ~ ' / nullif(all_reference_people, 0))'
            ) }} as apart,
            {{ exact_sum(
                'sqrt(' ~ double('people + reference_people') ~ ' * (everybody - people - reference_people)'
                ~ ' / nullif(' ~ double('all_people') ~ ' * all_reference_people * (everybody - 1), 0))'
            ) }} as spread
        from ordered_placements
        group by {{ key }}

    ),

    ordered_superiority as (

        select
            *,
            {{ double('people') }} * reference_people as pairs,
            (5e-1 + (pairs_higher - pairs_lower) / nullif(2e0 * people * reference_people, 0))
                as probability_of_superiority
        from ordered_pairs

    ),

    ordered_variances as (

        select
            placements.{{ key }},
            {{ exact_sum(
                'placements.people * power(placements.placement - superiority.probability_of_superiority, 2)'
                ~ ' / nullif(' ~ double('placements.all_people') ~ ' * (placements.all_people - 1), 0)'
            ) }}
            + {{ exact_sum(
                'placements.reference_people'
                ~ ' * power(placements.reference_placement - superiority.probability_of_superiority, 2)'
                ~ ' / nullif(' ~ double('placements.all_reference_people')
                ~ ' * (placements.all_reference_people - 1), 0)'
            ) }} as variance
        from ordered_placements as placements
        inner join ordered_superiority as superiority on placements.{{ key }} = superiority.{{ key }}
        group by placements.{{ key }}

    ),

    ordered_scales as (

        select
            superiority.*,
            {{ natural_log(
                'superiority.probability_of_superiority / nullif(1 - superiority.probability_of_superiority, 0)'
            ) }} as logit,
            sqrt(nullif(greatest(variances.variance, 0), 0))
            / nullif(
                superiority.probability_of_superiority * (1 - superiority.probability_of_superiority), 0
            ) as logit_error,
            (superiority.pairs_higher - superiority.pairs_lower) / 2e0
            / nullif(
                sqrt(
                    greatest(superiority.pairs * (1 - superiority.ties), 0)
                    * power({{ double('superiority.people + superiority.reference_people') }}, 2)
                    / nullif(12e0 * (superiority.people + superiority.reference_people - 1), 0)
                ), 0
            ) as mann_whitney_z
        from ordered_superiority as superiority
        inner join ordered_variances as variances on superiority.{{ key }} = variances.{{ key }}

    ),

    final as (

        select
            {{ key }},
            people,
            reference_people,
            probability_of_superiority,
            -- Held where no engine overflows or underflows; the least of two passes a missing value over.
            case
                when logit_error is not null
                    then 1 / (1 + exp(least({{ double(var('z_95')) }} * logit_error - logit, 700)))
            end as lower_95,
            case
                when logit_error is not null
                    then 1 / (1 + exp(greatest(-{{ double(var('z_95')) }} * logit_error - logit, -700)))
            end as upper_95,
            mann_whitney_z,
            {{ two_sided_p_value('mann_whitney_z') }} as mann_whitney_p,
            pairs_higher / nullif(pairs_lower, 0) as generalised_odds_ratio,
            apart / 2 as dissimilarity_index,
            case when people > 0 and reference_people > 0 then spread * sqrt(1 / (2 * pi())) end
                as expected_dissimilarity
        from ordered_scales

    )

    select * from final
{%- endmacro %}


{% macro grouped_median(relation, key) -%}
    {#-
    The median of values that are known only by their bands, for every key of a relation.

    relation: name of a CTE or relation with the key, step_order (from the lowest, unique within a key), people (whole
        counts, none missing or negative), lower_limit and next_lower_limit, where the band starts and the one above it.
    key: name of the column that stands for one group of people.
    Returns: a select, to be the body of a CTE, one row a key: the key; grouped_median, in the unit of the limits,
        NULL where there is nobody and where the median band has no upper or no lower limit; and median_band_from, the
        lower limit of that band.
    Source: linear interpolation inside the median band (Bowley 1901): from + width * (half the people less those
        below) / those in the band.
    Why: a mean would need a figure for the open top band. Bands without people are passed over.
    -#}
    with

    median_steps as (

        select
            {{ key }},
            lower_limit,
            next_lower_limit,
            people,
            sum(people) over (partition by {{ key }}) as everybody,
            sum(people) over (
                partition by {{ key }} order by step_order rows between unbounded preceding and current row
            ) as people_up_to
        from {{ relation }}

    ),

    median_bands as (

        select
            {{ key }},
            lower_limit as median_band_from,
            lower_limit
            + (next_lower_limit - lower_limit)
            * ({{ double('everybody') }} / 2 - (people_up_to - people))
            / nullif({{ double('people') }}, 0) as grouped_median
        from median_steps
        where people > 0 and 2 * (people_up_to - people) < everybody and 2 * people_up_to >= everybody

    ),

    median_keys as (

        select distinct {{ key }}
        from {{ relation }}

    ),

    final as (

        select
            keyed.{{ key }},
            bands.grouped_median,
            bands.median_band_from
        from median_keys as keyed
        left join median_bands as bands on keyed.{{ key }} = bands.{{ key }}

    )

    select * from final
{%- endmacro %}


{% macro quarter_shares(relation, key) -%}
    {#-
    A group's share of each quarter of all people, from the lowest to the highest step, for every key of a relation.

    relation: name of a CTE or relation with the key, step_order (from the lowest, unique within a key), people and
        base_people (the group, and everybody it is a part of; whole counts, none missing or negative).
    key: name of the column that stands for one comparison.
    Returns: a select, to be the body of a CTE, four rows a key: the key; quarter, 1 for the lowest to 4; and
        share_of_quarter, from 0 to 1; NULL where there is nobody.
    Source: a step that straddles two quarters is split, its groups in proportion, as in the quarters of the gender pay
        gap regulations (2017) when people of equal pay are shared out.
    Why: quarters of equal size compare where bands do not. Everything is counted in quarters of people, so that ends
        are whole numbers.
    -#}
    with

    quarter_steps as (

        select
            {{ key }},
            people,
            base_people,
            sum(base_people) over (partition by {{ key }}) as everybody,
            4 * sum(base_people) over (
                partition by {{ key }} order by step_order rows between unbounded preceding and current row
            ) as quarters_up_to
        from {{ relation }}

    ),

    quarter_numbers as (

        select {{ integers_between(1, 4) }} as quarter

    ),

    quarter_parts as (

        select
            steps.{{ key }},
            numbers.quarter,
            steps.people,
            steps.base_people,
            steps.everybody,
            greatest(
                0,
                least(steps.quarters_up_to, numbers.quarter * steps.everybody)
                - greatest(steps.quarters_up_to - 4 * steps.base_people, (numbers.quarter - 1) * steps.everybody)
            ) as quarters_in
        from quarter_steps as steps
        cross join quarter_numbers as numbers

    ),

    final as (

        select
            {{ key }},
            cast(quarter as integer) as quarter,
            {{ exact_sum(
                'case when base_people > 0 then ' ~ double('people') ~ ' / nullif(' ~ double('base_people')
                ~ ', 0) * (' ~ double('quarters_in') ~ ' / nullif(everybody, 0)) when everybody > 0 then 0e0 end'
            ) }} as share_of_quarter
        from quarter_parts
        group by
            {{ key }},
            quarter

    )

    select * from final
{%- endmacro %}
