"""Which years a build has to make anew, by what has changed since the last one."""

from contextlib import suppress
from dataclasses import replace

import duckdb

from wres.home import Home
from wres.made_from import MadeFrom

# What may touch any year: what came is no return of one year, or of somebody that the register does not have.
TOUCHES_ANY_YEAR = """
    select count(*)
    from submissions
    left join conformed.organisation as organisations using (organisation_code)
    where
        submissions.status = 'withdrawn'
        or submissions.dataset in (select dataset from reference.statistics_dataset)
        or (submissions.collection_year is not null and not coalesce(organisations.is_on_register, false))
"""
# A year is compared with the one before it, and an organisation's return with its last one, whatever the gap: a return
# touches the year after its own as well, and that of the organisation's next return.
YEARS = """
    with received as (
        select distinct collection, collection_year, organisation_code, service from submissions
        where status = 'accepted' and collection_year is not null
    )
    select collection_year from received
    union
    select min(years.collection_year)
    from received
    inner join conformed.collection_year as years
        on received.collection = years.collection and received.collection_year < years.collection_year
    group by received.collection, received.collection_year
    union
    select min(versions.collection_year)
    from received
    inner join conformed.submission_version as versions
        on
            received.collection = versions.collection
            and received.organisation_code = versions.organisation_code
            and received.service = versions.service
            and received.collection_year < versions.collection_year
    group by received.collection, received.organisation_code, received.service, received.collection_year
    order by collection_year
"""


def changed_years(home: Home, then: MadeFrom | None, now: MadeFrom) -> list[int] | None:
    """Return the collection years whose figures may differ from those in the warehouse; nothing where any may.

    ``then`` is what the warehouse was built from, where that is known, and ``now`` what it would be built from.
    """
    if then is None or replace(then, inputs={}).differences_in_a_build(replace(now, inputs={})):
        return None
    if any(now.inputs.get(name) != sha256 for name, sha256 in then.inputs.items()):
        return None
    new = [name for name in now.inputs if name not in then.inputs and name.endswith("/submissions.parquet")]
    if not new:
        return []
    with duckdb.connect(str(home.database), read_only=True) as connection, suppress(duckdb.CatalogException):
        submissions = connection.read_parquet([str(home.root / name) for name in new], union_by_name=True)
        connection.register("submissions", submissions.to_arrow_table())
        if connection.execute(TOUCHES_ANY_YEAR).fetchone()[0]:
            return None
        return [year for (year,) in connection.execute(YEARS).fetchall()]
    # Somebody has taken a table away since.
    return None
