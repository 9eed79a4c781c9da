-- Which indicators have changed, in the same organisations, by more than chance?
select
    collection,
    indicator_code,
    indicator_name,
    area_name,
    service,
    previous_year,
    collection_year,
    organisations,
    round(previous_relative_likelihood, 2) as relative_likelihood_before,
    round(relative_likelihood, 2) as relative_likelihood_now,
    round(ratio_of_ratios, 2) as ratio_of_ratios,
    round(lower_95, 2) as lower_95,
    round(upper_95, 2) as upper_95,
    change
from {{ ref('year_on_year') }}
where
    area_level in ('national', 'region')
    and panel = 'matched'
    and definition = 'as_collected'
    and breakdown = 'all'
    and comparison_group = 'minority_ethnic'
    and reference_group = 'white'
    and change in ('narrowed', 'widened', 'crossed parity')
order by
    area_level,
    collection,
    indicator_code,
    service,
    collection_year,
    area_name
