-- Do the figures that reports printed agree with those computed here, and can two printed years be told apart?
select
    collection_year,
    indicator_code,
    indicator_name,
    breakdown,
    figure,
    printed,
    round(least_value, 3) as least_value,
    round(greatest_value, 3) as greatest_value,
    round(computed_value, 3) as computed_value,
    is_synthetic as is_computed_from_synthetic,
    previous_printed,
    round(least_ratio, 2) as least_ratio,
    round(greatest_ratio, 2) as greatest_ratio,
    is_change_printed,
    comparability_note
from {{ ref('printed_headline') }}
order by
    indicator_code,
    breakdown,
    figure,
    collection_year
