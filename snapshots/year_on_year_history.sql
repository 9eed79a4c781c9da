{% snapshot year_on_year_history %}

select
    collection,
    collection_year,
    panel,
    area_level,
    area_code,
    service,
    definition,
    indicator_code,
    breakdown,
    comparison_group,
    reference_group,
    previous_year,
    relative_likelihood,
    previous_relative_likelihood,
    ratio_of_ratios,
    lower_95,
    upper_95,
    p_value,
    change,
    comparability_note
from {{ source('releases', 'year_on_year') }}

{% endsnapshot %}
