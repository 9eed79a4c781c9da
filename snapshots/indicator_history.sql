{% snapshot indicator_history %}

select
    collection,
    collection_year,
    area_level,
    area_code,
    service,
    definition,
    indicator_code,
    breakdown,
    comparison_group,
    reference_group,
    numerator,
    denominator,
    reference_numerator,
    reference_denominator,
    relative_likelihood,
    lower_95,
    upper_95,
    p_value,
    test,
    size,
    evidence,
    unknown_share,
    value_note
from {{ source('releases', 'indicator') }}

{% endsnapshot %}
