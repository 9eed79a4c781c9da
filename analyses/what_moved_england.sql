-- What moved England's figures: organisations' own gaps, or who took part?
select
    collection,
    indicator_code,
    indicator_name,
    previous_year,
    collection_year,
    {% for part in ['total', 'within', 'weight', 'joined', 'left'] -%}
    round(max(case when part = '{{ part }}' then factor end), 3) as times_by_{{ part }},
    {% endfor -%}
    max(organisations) as organisations
from {{ ref('decomposition') }}
where
    area_level = 'national'
    and definition = 'as_collected'
    and breakdown = 'all'
    and comparison_group = 'minority_ethnic'
    and reference_group = 'white'
    and comparability_note is null
    and (service = 'all' or collection = 'csww')
group by
    collection,
    indicator_code,
    indicator_name,
    previous_year,
    collection_year
having max(case when part = 'total' then factor end) is not null
order by
    collection,
    indicator_code,
    collection_year
