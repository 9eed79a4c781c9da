-- Did figures move nearer to parity after an action plan named them, more often than where no plan did?
with

changes as (

    select * from {{ ref('year_on_year') }}
    where
        collection = 'sc-wres'
        and area_level = 'organisation'
        and panel = 'all'
        and definition = 'as_collected'
        and breakdown = 'all'
        and comparison_group = 'minority_ethnic'
        and reference_group = 'white'
        and service != 'all'
        and ratio_of_ratios is not null
        and change != 'cannot say'

),

named as (

    select distinct
        organisation_code,
        service,
        indicator_code,
        plan_year
    from {{ ref('action_outcome') }}

),

-- Only plans of the round before: an action of that very year has had no time.
judged as (

    select
        changes.collection,
        changes.indicator_code,
        changes.indicator_name,
        changes.change,
        named.plan_year is not null as was_in_the_plan,
        abs(ln(changes.relative_likelihood)) < abs(ln(changes.previous_relative_likelihood)) as is_nearer_to_parity
    from changes
    left join named
        on
            changes.area_code = named.organisation_code
            and changes.service = named.service
            and changes.indicator_code = named.indicator_code
            and changes.previous_year = named.plan_year
    where changes.relative_likelihood > 0 and changes.previous_relative_likelihood > 0

)

select
    collection,
    indicator_code,
    indicator_name,
    was_in_the_plan,
    count(*) as changes_compared,
    count(case when is_nearer_to_parity then 1 end) as nearer_to_parity,
    round(avg(case when is_nearer_to_parity then 1.0 else 0.0 end), 2) as share_nearer,
    count(case when change = 'narrowed' then 1 end) as clearly_narrowed,
    count(case when change = 'widened' then 1 end) as clearly_widened
from judged
group by
    collection,
    indicator_code,
    indicator_name,
    was_in_the_plan
order by
    indicator_code asc,
    was_in_the_plan desc
