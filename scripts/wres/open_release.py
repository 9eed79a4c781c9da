"""The open release: solve what is hidden, attack it, let SQL apply it, write the bundle, and move it into place.

The pattern and what the gate found of the true counts stay under ``disclosure/``, for the owner alone; the bundle
under ``published/open/`` holds nothing that is not to be seen.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from wres.bundle import OPEN_RELEASE, OpenRelease, check_bundle, write_bundle
from wres.dictionary import exposed_tables, exposure
from wres.disclosure import MARTS, Universe, read_universe
from wres.gate import Audit, audit
from wres.home import PRIVATE, Home, WresError
from wres.made_from import made_from_last
from wres.publish import RefusedReleaseError, opened
from wres.reference import setting
from wres.releases import AS_RECEIVED, SYNTHETIC, code_revision, incoming, literal, write_parquet
from wres.suppress import Pattern, Search
from wres.warehouse import NO_UNIT_TESTS, Show, run_dbt

OPEN_TAG = "tag:open"
DISCLOSURE_TAG = "tag:disclosure"
SCHEMA = "open_release"
SHOWN_IN_REFUSAL = 10


@dataclass(frozen=True)
class OpenedRelease:
    """What ``release_open`` has done: the folder of the bundle, and what the gate found."""

    release_id: str
    folder: Path
    audit: Audit
    hidden: int
    cells: int


def release_open(home: Home, release_date: date, show: Show = lambda line: None) -> OpenedRelease:
    """Make an open release of what was built; the caller holds the home's lock.

    Raises ``RefusedReleaseError`` where the gate finds that something could be worked out, or a written file is not
    as it must be; nothing is released then. Raises ``WresError`` where what was built is not what is there.
    """
    made = made_from_last(home)
    before = home.open_release_ids
    release_id = _release_id(before, release_date)
    private = home.disclosure / release_id
    with opened(home) as connection:
        is_synthetic = _is_synthetic(connection)
    show("Building the counts that the release could show")
    _build(home, DISCLOSURE_TAG)
    with opened(home) as connection:
        show("Reading what the release could show")
        universe = read_universe(connection, [_earlier(home, name) for name in before])
        show(f"Choosing what is hidden of {len(universe.cells):,} counts (some minutes)")
        search = Search(universe, show)
        pattern = search.run()
        found = audit(universe, pattern.is_open, search.proofs.found, show, without=pattern.lost)
        _write_private(connection, private, universe, pattern, found)
    if not found.is_passed:
        raise RefusedReleaseError(
            f"Nothing was released. The gate found {len(found.failures):,} hidden counts to be worked out: they "
            f"are in {home.shown(private / 'audit.parquet')}."
        )
    show("Building the open tables")
    _build(home, OPEN_TAG, {"WRES_OPEN_RELEASE": release_id})
    described = exposed_tables(home, OPEN_RELEASE)
    with incoming(home.open_releases) as place, opened(home) as connection:
        tables, folder = place / "tables", place / release_id
        tables.mkdir()
        write_parquet(connection, {name: f"from warehouse.{SCHEMA}.{name}" for name in described}, tables)
        about = exposure(home, OPEN_RELEASE)
        release = OpenRelease(
            release_id=release_id,
            date=release_date,
            is_synthetic=is_synthetic,
            label=SYNTHETIC if is_synthetic else AS_RECEIVED,
            threshold=universe.threshold,
            scope=about.meta["scope"],
            left_out=tuple(about.meta["left_out"]),
            gate_summary=summary(universe, pattern, found),
            code_revision=code_revision(),
            inputs_sha256=made.inputs_sha256 or "",
            exposure=about,
        )
        show("Writing the bundle")
        write_bundle(tables, folder, release, home.open_releases / before[-1] if before else None, described)
        show("Checking the written files")
        check_bundle(folder, described, home.data_docs)
        check_shown(connection, folder)
        committed = folder.rename(home.open_releases / release_id)
    return OpenedRelease(release_id, committed, found, int((~pattern.is_open).sum()), len(universe.cells))


def _build(home: Home, selected: str, settings: Mapping[str, str] | None = None) -> None:
    run_dbt(home, ["build", "--select", selected, *NO_UNIT_TESTS], settings)


def _release_id(before: list[str], release_date: date) -> str:
    day = release_date.isoformat()
    if before and day < before[-1][:10]:
        raise RefusedReleaseError(
            f"The last open release is {before[-1]}: one of {day} would come before it. Give a date from "
            f"{before[-1][:10]} on."
        )
    return f"{day}-{1 + sum(name.startswith(day) for name in before)}"


def _earlier(home: Home, release_id: str) -> pd.DataFrame:
    """Return which counts an earlier release showed, and of what they are sums."""
    path = home.disclosure / release_id / "shown.parquet"
    if not path.exists():
        raise WresError(
            f"What the open release {release_id} showed is not known: {home.shown(path)} is missing. Put it back from "
            "your backup; without it nobody can tell what can be worked out from both releases."
        )
    return pd.read_parquet(path)


def _write_private(
    connection: duckdb.DuckDBPyConnection, folder: Path, universe: Universe, pattern: Pattern, found: Audit
) -> None:
    """Keep the pattern, the gate's result and what is shown, for the owner alone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=PRIVATE)
    folder.parent.chmod(PRIVATE)
    is_current = ~universe.cells["cell_id"].str.startswith("before ")
    cells = universe.cells.assign(is_open=pattern.is_open)
    parts = universe.sums.tocoo()
    shown = pd.DataFrame(
        {
            "cell_id": cells["cell_id"].to_numpy()[parts.row],
            "count_id": universe.counts["count_id"].to_numpy()[parts.col],
            "organisation_code": universe.counts["organisation_code"].to_numpy()[parts.col],
            "people": universe.counts["people"].to_numpy()[parts.col],
        }
    )
    written = {
        "pattern": cells.loc[is_current, ["cell_id", "is_open"]],
        "gate": found.hidden.assign(attackers=found.hidden["attackers"].astype("int64")),
        "audit": found.targets,
        "shown": shown[(pattern.is_open & is_current.to_numpy())[parts.row]],
    }
    for name, frame in written.items():
        connection.register("frame", frame)
        connection.execute(f"copy (from frame) to {literal(folder / f'{name}.parquet')} (format parquet)")
        connection.unregister("frame")


def _is_synthetic(connection: duckdb.DuckDBPyConnection) -> bool:
    row = connection.execute(f"select coalesce(bool_or(is_synthetic), false) from {MARTS}.int_participation").fetchone()
    return bool(row[0])


COUNTS = ("numerator", "denominator", "reference_numerator", "reference_denominator")


def check_shown(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """See that the written files show nothing but open counts of those who consented.

    ``connection`` has the warehouse with the tables that SQL made. Raises ``RefusedReleaseError`` else.
    """
    figures = " union all ".join(_shown_counts(folder, *part) for part in _PARTS)
    wrong = connection.execute(
        f"""
        with
        shown as ({figures}),
        pattern as (
            select cells.*, counts.is_hidden, case cells.place
                {" ".join(f"when '{count}' then counts.{count}" for count in COUNTS)} end as open_people
            from {MARTS}.int_disclosure_cell as cells
            left join warehouse.{SCHEMA}.int_open_count as counts
                using (
                    collection, collection_year, panel, counted_year, area_level, area_code, service,
                    indicator_code, breakdown, comparison_group, reference_group
                )
        )
        select shown.table_name, shown.time_period, shown.code, shown.service, shown.indicator_code, shown.place
        from shown
        left join pattern
            on shown.time_period = pattern.collection_year and shown.counted_year = pattern.counted_year
            and shown.panel = pattern.panel and shown.code = pattern.area_code and shown.service = pattern.service
            and shown.indicator_code = pattern.indicator_code and shown.breakdown = pattern.breakdown
            and shown.comparison_group = pattern.comparison_group
            and shown.reference_group = pattern.reference_group and shown.place = pattern.place
        where shown.people is not null and shown.people is distinct from pattern.open_people
        order by all
        """
    ).fetchall()
    without = connection.execute(
        " union all ".join(
            f"""
            select distinct '{table}', shown.time_period, shown.new_la_code, shown.service
            from read_parquet({literal(folder / "parquet" / f"{table}.parquet")}) as shown
            left join warehouse.{SCHEMA}.int_open_consent as consents
                on consents.collection = '{setting("open_collection")}'
                and consents.collection_year = shown.time_period
                and consents.organisation_code = shown.new_la_code
                and consents.service = shown.service
            where shown.new_la_code is not null and not coalesce(consents.is_consent_given, false)
            """
            for table in ("indicator", "year_on_year", "protection", "action", "action_outcome", "good_practice")
        )
    ).fetchall()
    if wrong or without:
        lines = [f"{row[0]}: {', '.join(map(str, row[1:]))} is shown and must not be" for row in wrong + without]
        raise RefusedReleaseError("Nothing was released. In the written files:\n" + "\n".join(lines[:SHOWN_IN_REFUSAL]))


# Table, prefix of its counts, year that is counted, panel.
_PARTS = (
    ("indicator", "", "time_period", "'all'"),
    ("year_on_year", "", "time_period", "panel"),
    ("year_on_year", "previous_", "previous_time_period", "panel"),
)


def _shown_counts(folder: Path, table: str, prefix: str, year: str, panel: str) -> str:
    path = literal(folder / "parquet" / f"{table}.parquet")
    return " union all ".join(
        f"select '{table}' as table_name, time_period, {year} as counted_year, {panel} as panel, "
        "case geographic_level when 'National' then country_code when 'Regional' then region_code else new_la_code end "
        "as code, service, indicator_code, breakdown, comparison_group, reference_group, "
        f"'{count}' as place, {prefix}{count} as people from read_parquet({path})"
        for count in COUNTS
    )


def summary(universe: Universe, pattern: Pattern, found: Audit) -> str:
    """Return one page on how the release was attacked, in Markdown; it tells no hidden count from another."""
    cells = universe.cells.assign(is_open=pattern.is_open)
    shown = cells[cells["reason"].ne("withheld") & ~cells["cell_id"].str.startswith("before ")]
    names = {"national": "England", "region": "Regions", "organisation": "Organisations"}
    lines = [
        f"| {name} | {len(rows):,} | {int(rows['is_open'].sum()):,} | {int((~rows['is_open']).sum()):,} |"
        for level, name in names.items()
        for rows in [shown[shown["area_level"] == level]]
    ]
    organisations = universe.counts["organisation_code"].nunique()
    failures = len(found.failures)
    return "\n".join(
        [
            "## What was asked",
            "",
            f"Could anybody work out a count below {universe.threshold}, what is left of a base below "
            f"{universe.threshold}, or any count of an organisation that did not agree to publication?",
            "",
            "## What the attacker knows",
            "",
            "- Every number of this release and of all earlier open releases.",
            "- How they add up: organisations to regions and England, services to all services, years and panels.",
            "- What must hold of any return: nobody is counted as appointed who was not shortlisted, nor in a pay band "
            "who is not staff; a workforce shrinks by no more people than left.",
            "- The census of children's social workers of the Department for Education, as a least number of staff.",
            f"- As an insider, in turn: all counts of one of the {organisations:,} organisations.",
            "",
            "## What was found",
            "",
            "| Level | Counts | Shown | Hidden |",
            "| --- | --- | --- | --- |",
            *lines,
            "",
            f"{len(found.targets):,} hidden counts and rests were attacked, from outside and by each insider whose "
            f"counts are tied to them, with linear and with integer programmes. {failures or 'None'} could be worked "
            "out: from outside, the values that fit all that is known of a protected count span at least "
            f"{universe.threshold} people and reach {universe.threshold}; no insider is left with a single value, nor "
            f"with values below {universe.threshold} alone. No hidden count is known exactly.",
            *(
                [
                    "",
                    f"{len(pattern.lost):,} counts were given away by earlier releases and cannot be protected now.",
                ]
                if pattern.lost
                else []
            ),
        ]
    )
