-- How has each indicator changed in England since the round before, for the organisations that are in both?
select
    collection,
    indicator_code,
    indicator_name,
    previous_year,
    collection_year,
    organisations,
    round(previous_relative_likelihood, 2) as relative_likelihood_before,
    round(relative_likelihood, 2) as relative_likelihood_now,
    round(ratio_of_ratios, 2) as ratio_of_ratios,
    round(lower_95, 2) as lower_95,
    round(upper_95, 2) as upper_95,
    change,
    comparability_note
from {{ ref('year_on_year') }}
where
    area_level = 'national'
    and panel = 'matched'
    and definition = 'as_collected'
    and reference_group = 'white'
    and breakdown = 'all'
    and comparison_group = 'minority_ethnic'
    and (service = 'all' or collection = 'csww')
order by
    collection,
    indicator_code,
    collection_year
