"""The results of each organisation that returned: its own figures in full, beside others that stay anonymous.

The figures are those of the current release. Which comparators an organisation may be shown is worked out by dbt's
models, and proved; a pack is not written where either is missing or older than the release.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from wres.headline import HEADLINE
from wres.home import PRIVATE, Home, WresError
from wres.organisations import COLLECTION
from wres.releases import literal
from wres.results_content import Results, Row, results_of
from wres.results_proof import COMPARATOR_KEY, KnownBefore, Proof, no_cells, proved_comparators

WORKBOOK, PAGE, SUBMISSIONS = "results.xlsx", "results.html", "submission"
PROOF, TOLD, SHOWN = "comparators.parquet", "told.parquet", "shown.parquet"
MODELS = ("int_result_comparator", "int_comparator_set", "int_comparator_set_member", "int_organisation_counts")

OF_COLLECTION = f"collection = $collection and {HEADLINE}"
OWN = "area_level = 'organisation' and area_code in (select unnest($organisations))"
# Each gives the rows of every organisation asked for, told apart by the column `whose`.
QUERIES = {
    "returns": """
        select organisation_code as whose, *
        from participation
        where
            collection = $collection
            and collection_year = $year
            and organisation_code in (select unnest($organisations))
            and submission_id is not null
        order by service
    """,
    "years": f"""
        select area_code as whose, *
        from indicator
        where {OF_COLLECTION} and {OWN} and collection_year <= $year
        order by indicator_code, collection_year
    """,
    "groups": f"""
        select indicator.area_code as whose, indicator.*
        from indicator
        inner join ethnic_group on indicator.comparison_group = ethnic_group.ethnic_group
        where
            collection = $collection
            and {OWN}
            and collection_year = $year
            and definition = 'as_collected'
            and breakdown = 'all'
            and reference_group = 'white'
        order by indicator_code, ethnic_group.sort_order
    """,
    # Of an organisation both panels are itself; the matched one knows areas that changed.
    "changes": f"""
        select area_code as whose, *
        from year_on_year
        where {OF_COLLECTION} and {OWN} and collection_year = $year
        qualify row_number() over (
            partition by area_code, service, indicator_code
            order by panel = 'matched' desc
        ) = 1
        order by indicator_code, service
    """,
    "trends": f"""
        select area_code as whose, *
        from trend
        where {OF_COLLECTION} and {OWN} and last_year = $year and value_note is null
        qualify row_number() over (
            partition by area_code, service, indicator_code
            order by panel = 'matched' desc
        ) = 1
        order by indicator_code, service
    """,
    "bands": f"""
        select pay_band.area_code as whose, pay_band.*, ethnic_group.sort_order
        from pay_band
        left join ethnic_group on pay_band.comparison_group = ethnic_group.ethnic_group
        where collection = $collection and {OWN} and collection_year = $year
        order by pay_band_scheme, pay_band_order, coalesce(ethnic_group.sort_order, 99)
    """,
    "progression": f"""
        select area_code as whose, *
        from pay_progression
        where
            collection = $collection
            and {OWN}
            and collection_year = $year
            and comparison_group = 'minority_ethnic'
            and reference_group = 'white'
        order by ladder, measure_order, step_order
    """,
    "representation": f"""
        select area_code as whose, *
        from representation
        where
            collection = $collection
            and {OWN}
            and collection_year = $year
            and breakdown = 'all'
            and reference_group = 'white'
        order by indicator_code, comparison_group
    """,
    "actions": """
        select organisation_code as whose, *
        from action
        where collection_year = $year and organisation_code in (select unnest($organisations))
        order by service, line
    """,
    "plans": """
        select organisation_code as whose, *
        from action
        where organisation_code in (select unnest($organisations)) and collection_year < $year
        order by service, line
    """,
    "issues": """
        select area_code as whose, service, severity, title, what_to_do, indicators, count(*) as times
        from data_issue
        where
            collection = $collection
            and collection_year = $year
            and area_code in (select unnest($organisations))
            and is_current
            and not is_answered
            and severity in ('error', 'query')
        group by all
        order by service, severity, title, indicators
    """,
    "outcomes": """
        select
            action_outcome.organisation_code as whose,
            action_outcome.*,
            coalesce(action.action, action_outcome.action_reference, 'Row ' || action_outcome.line) as aim
        from action_outcome
        left join action
            on
                action_outcome.plan_year = action.collection_year
                and action_outcome.organisation_code = action.organisation_code
                and action_outcome.service = action.service
                and action_outcome.line = action.line
        where
            action_outcome.collection_year = $year
            and action_outcome.organisation_code in (select unnest($organisations))
        order by plan_year, action_outcome.service, action_outcome.line, indicator_code
    """,
    "comparators": f"""
        select
            comparator.organisation_code as whose,
            comparator.*,
            case when proved.organisation_code is null then 'fewer_than_three_organisations' else proved.hidden_note end
                as hidden_note,
            case comparator.comparator
                when 'region' then 1 when 'england' then 2 when 'similar size' then 3 else 4
            end as comparator_order
        from comparator
        left join proved using ({", ".join(COMPARATOR_KEY)})
        where
            comparator.collection = $collection
            and comparator.collection_year = $year
            and comparator.organisation_code in (select unnest($organisations))
            and comparator.comparison_group = 'minority_ethnic'
            and comparator.reference_group = 'white'
            and comparator.breakdown = 'all'
        order by indicator_code, comparator_order
    """,
    "definitions": f"""
        select distinct area_code as whose, definitions.*
        from indicator
        inner join indicator_definition as definitions using (collection, indicator_code, definition_version)
        where {OF_COLLECTION} and {OWN} and collection_year = $year
    """,
}
ABOUT = f"""
    select
        indicator.area_code as organisation_code,
        indicator.area_name as organisation_name,
        any_value(area.region_name) as region_name,
        indicator.collection_year
    from indicator
    left join area on indicator.area_code = area.area_code
    where {OF_COLLECTION.replace("collection ", "indicator.collection ", 1)}
        and indicator.area_level = 'organisation'
        and indicator.collection_year = $year
        and indicator.area_code in (
            select organisation_code
            from participation
            where collection = $collection and collection_year = $year and submission_id is not null
        )
    group by all
    order by 1
"""
# A comparator that is shown has the counts that were published.
STALE = f"""
    select count(*)
    from proved
    inner join comparator using ({", ".join(COMPARATOR_KEY)})
    where
        proved.hidden_note is null
        and (comparator_numerator, comparator_denominator, comparator_reference_numerator,
            comparator_reference_denominator, comparator.comparator_organisations)
        is distinct from (proved.numerator, proved.denominator, proved.reference_numerator,
            proved.reference_denominator, proved.comparator_organisations)
"""

OnPack = Callable[[int, int, str], None]


def write_results(
    home: Home, year: int | None = None, organisation: str | None = None, on_pack: OnPack = lambda *_: None
) -> list[Path]:
    """Write the results of one organisation, or of every one that returned in that year, and return their folders.

    ``year`` is the latest collection year in the release where it is not given. Raises ``WresError`` where nothing is
    published, nobody of that name returned, or the comparators are not proved to give nobody away.
    """
    with _release(home) as connection:
        year = year or _latest_year(connection)
        about = abouts(connection, year)
        wanted = [row for row in about if organisation in (None, row["organisation_code"])]
        if not wanted:
            who = organisation or "an organisation"
            raise WresError(
                f"No return of {who} for {year} is in the current release. `wres status --year {year}` shows what "
                "came; `wres build` and `wres publish` put it into a release."
            )
        codes = [row["organisation_code"] for row in wanted]
        proof = proved_comparators(
            connection,
            year,
            codes,
            lambda done: on_pack(done, len(codes), "comparators: whom they could give away"),
            KnownBefore(open_cells=shown_openly(home, connection, year), told=told_before(home, year)),
        )
        # What is about to be told is written down first: a command that is cut off has told no more than that.
        keep_proof(home, year, proof)
        folders = []
        for done, results in enumerate(gathered(connection, wanted, proof.comparators), 1):
            folders.append(write_pack(home.reports / str(year) / results.organisation_code, results))
            on_pack(done, len(codes), results.organisation_name)
    return folders


def abouts(connection: duckdb.DuckDBPyConnection, year: int) -> list[Row]:
    """Return who returned in a year: code, name and region of each organisation."""
    return _rows(connection, ABOUT, {"collection": COLLECTION, "year": year})


def gathered(connection: duckdb.DuckDBPyConnection, wanted: list[Row], proved: pd.DataFrame) -> Iterator[Results]:
    """Give what each of these organisations is told, in their order.

    Raises ``WresError`` where what was proved is not what was published.
    """
    connection.register("proved", proved)
    if connection.execute(STALE).fetchone() != (0,):
        raise WresError(
            "The warehouse has been built again since the current release was published, so that its comparators are "
            "not those that were checked. Run `wres publish`, then this command again."
        )
    values = {"collection": COLLECTION, "year": wanted[0]["collection_year"]}
    values["organisations"] = [row["organisation_code"] for row in wanted]
    found: dict[str, dict[str, list[Row]]] = {}
    for name, query in QUERIES.items():
        for row in _rows(connection, query, values):
            found.setdefault(row.pop("whose"), {}).setdefault(name, []).append(row)
    release = _rows(connection, "select * from release where is_current", {})[0]
    for row in wanted:
        own = found.get(row["organisation_code"], {})
        yield results_of(row, {name: own.get(name, []) for name in QUERIES}, release)


def write_pack(folder: Path, results: Results) -> Path:
    """Write the page and the workbook of one organisation, each in one move, and return their folder."""
    from wres.results_page import write_page
    from wres.results_workbook import write_workbook

    for parent in (folder.parent.parent, folder.parent, folder):
        parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    for name, write in ((PAGE, write_page), (WORKBOOK, write_workbook)):
        part = folder / f".{name}.part"
        write(part, results)
        part.replace(folder / name)
    # A withdrawal finds by it what was made of the returns.
    (folder / SUBMISSIONS).write_text("\n".join(results.submission_ids) + "\n", encoding="utf-8")
    return folder


def keep_proof(home: Home, year: int, proof: Proof) -> Path:
    """Keep what was proved of each comparator, and what is told by it, for the owner alone, and return their folder."""
    folder = _proofs(home, year)
    for made in (folder.parent, folder):
        made.mkdir(mode=PRIVATE, exist_ok=True)
    comparators, told = proof.comparators, pd.concat([told_before(home, year), proof.told], ignore_index=True)
    if (folder / PROOF).exists():
        before = pd.read_parquet(folder / PROOF)
        others = before[~before["organisation_code"].isin(comparators["organisation_code"])]
        comparators = pd.concat([others, comparators], ignore_index=True).sort_values(list(COMPARATOR_KEY))
    # What was told stays told.
    for name, frame in ((TOLD, told.drop_duplicates(["whose", "cell_id", "count_id"])), (PROOF, comparators)):
        part = folder / f".{name}.part"
        frame.to_parquet(part, index=False)
        part.replace(folder / name)
    return folder


def told_before(home: Home, year: int) -> pd.DataFrame:
    """Return what earlier packs of the year have told, in the columns of ``KnownBefore.told``."""
    path = _proofs(home, year) / TOLD
    return pd.read_parquet(path) if path.exists() else KnownBefore().told


def shown_openly(home: Home, connection: duckdb.DuckDBPyConnection, year: int) -> pd.DataFrame:
    """Return what open releases have shown, in the columns of ``KnownBefore.open_cells``."""
    frames = [pd.read_parquet(home.disclosure / name / SHOWN).assign(release=name) for name in home.open_release_ids]
    if not frames:
        return no_cells()
    shown = pd.concat(frames, ignore_index=True)
    _, counted_year, organisation, service, measure, breakdown, group = (
        part for _, part in shown["count_id"].str.split("|", expand=True).items()
    )
    consents = connection.execute(
        "select cast(collection_year as varchar) || organisation_code || service, is_consent_given from participation "
        "where collection = $collection",
        {"collection": COLLECTION},
    ).fetchall()
    of_year = (counted_year + " ").where(counted_year != str(year), "")
    measure = of_year + measure + "/" + breakdown
    people = shown["people"].astype("int64")
    return pd.DataFrame(
        {
            "cell_id": shown["release"] + " " + shown["cell_id"],
            "organisation_code": organisation,
            "service": service,
            "measure": measure,
            "ethnic_group": group,
            "people": people,
            "is_consent_given": (counted_year + organisation + service).map(dict(consents)).eq(True),
            "count_id": organisation + "|" + service + "|" + measure + "|" + group + "|" + people.astype(str),
            "submission_id": None,
        }
    )


def forget_told(home: Home, submission_ids: Collection[str]) -> None:
    """Take the counts of withdrawn returns out of what was told; what was told with them is no longer known here."""
    for path in home.disclosure.glob(f"results-*/{TOLD}"):
        told = pd.read_parquet(path)
        is_gone = told["submission_id"].isin(list(submission_ids))
        if is_gone.any():
            with_them = is_gone.groupby([told["whose"], told["cell_id"]]).transform("any")
            part = path.with_name(f".{path.name}.part")
            told[~with_them].to_parquet(part, index=False)
            part.replace(path)


def _proofs(home: Home, year: int) -> Path:
    return home.disclosure / f"results-{year}"


@contextmanager
def _release(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection that has the tables of the current release, and the models that the comparators rest on."""
    for path, command in ((home.database, "wres build"), (home.published_database, "wres publish")):
        if not path.exists():
            raise WresError(f"{home.shown(path)} is not there yet. Next: {command}")
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(home.published_database)} as release_now (read_only)")
        connection.execute(f"attach {literal(home.database)} as built (read_only)")
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = 'release_now'"
        ).fetchall():
            connection.execute(f'create view "{name}" as select * from release_now."{name}"')
        for name in MODELS:
            try:
                connection.execute(f'create view "{name}" as select * from built.marts."{name}"')
            except duckdb.CatalogException:
                raise WresError(
                    "The warehouse was built by an older version of this project, which does not say which "
                    "comparators may be shown. Run `wres build` and `wres publish`, then this command again."
                ) from None
        yield connection


def _latest_year(connection: duckdb.DuckDBPyConnection) -> int:
    found = connection.execute(
        "select max(collection_year) from participation where collection = ? and submission_id is not null",
        [COLLECTION],
    ).fetchone()[0]
    if found is None:
        raise WresError("No return is in the current release. `wres receive FILE` receives a return.")
    return found


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any]) -> list[Row]:
    used = {name: value for name, value in values.items() if f"${name}" in query}
    return connection.execute(query, used).to_arrow_table().to_pylist()
