-- What must each organisation mend or answer, errors first?
select
    collection_year,
    area_name,
    service,
    severity,
    title,
    sheet,
    cell,
    message,
    what_to_do,
    issue_reference
from {{ ref('data_issue') }}
where
    collection = 'sc-wres'
    and severity in ('error', 'query')
    and is_current
    and not is_answered
order by
    collection_year desc,
    area_name asc,
    service asc,
    severity asc,
    sheet asc,
    cell asc,
    title asc,
    issue_reference asc
