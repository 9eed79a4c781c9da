-- How likely is each group of children's social workers to hold each role, against white colleagues, in the latest
-- census held?
select
    collection_year,
    breakdown as census_role,
    comparison_group,
    numerator,
    denominator,
    round(relative_likelihood, 2) as relative_likelihood,
    round(lower_95, 2) as lower_95,
    round(upper_95, 2) as upper_95,
    size,
    evidence,
    round(unknown_share, 3) as unknown_share
from {{ ref('indicator') }}
where
    collection = 'csww'
    and area_level = 'national'
    and service = 'children'
    and definition = 'as_collected'
    and indicator_code = '9'
    and reference_group = 'white'
    and collection_year = (
        select max(latest.collection_year)
        from {{ ref('indicator') }} as latest
        where latest.collection = 'csww'
    )
order by
    census_role,
    comparison_group
