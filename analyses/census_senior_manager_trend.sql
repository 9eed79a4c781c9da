-- Is the gap in senior management narrowing in the census of children's social workers?
select
    area_level,
    area_name,
    first_year,
    last_year,
    panel,
    round(annual_ratio, 3) as annual_ratio,
    round(lower_95, 3) as lower_95,
    round(upper_95, 3) as upper_95,
    round(p_value, 3) as p_value,
    round(lack_of_fit_p, 3) as lack_of_fit_p,
    direction
from {{ ref('trend') }}
where
    collection = 'csww'
    and area_level in ('national', 'region')
    and service = 'children'
    and definition = 'as_collected'
    and indicator_code = '9'
    and breakdown = 'all'
    and comparison_group = 'minority_ethnic'
    and reference_group = 'white'
order by
    area_level,
    area_name,
    panel
