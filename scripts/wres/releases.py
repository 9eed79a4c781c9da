"""Releases: what was published, kept append-only as one folder of Parquet files each."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb

from wres.home import Home
from wres.reference import PROJECT

DESCRIPTION = "release.json"
SYNTHETIC = "Contains synthetic returns: made up to try the warehouse out, and not to be quoted"
AS_RECEIVED = "Made from returns and statistics as they were received"


@dataclass(frozen=True)
class ReleasedTable:
    """One table of a release; ``sha256`` is of its rows and types, whatever their order."""

    rows: int
    sha256: str


@dataclass(frozen=True)
class Release:
    """What ``release.json`` says of a release."""

    date: str
    sequence: int
    is_synthetic: bool
    tables: Mapping[str, ReleasedTable]
    submissions: list[dict[str, Any]] = field(default_factory=list)
    code_revision: str | None = None

    @property
    def release_id(self) -> str:
        """The release's date, and its number among the releases of that date."""
        return f"{self.date}-{self.sequence}"

    @property
    def released_at(self) -> datetime:
        """The moment that orders releases and labels history: midnight, and a second for each earlier one."""
        day = datetime.combine(date.fromisoformat(self.date), time())
        return day + timedelta(seconds=self.sequence - 1)

    @property
    def label(self) -> str:
        """What a reader must know before quoting a figure."""
        return SYNTHETIC if self.is_synthetic else AS_RECEIVED

    @property
    def organisations(self) -> int:
        """The number of organisations whose returns are in it."""
        return len({row.get("organisation_code") for row in self.submissions} - {None})

    def says_the_same_as(self, other: "Release | None") -> bool:
        """Tell whether both have the same tables with the same rows, definitions included."""
        return other is not None and dict(self.tables) == dict(other.tables)

    def to_json(self) -> str:
        """Return the text of ``release.json``."""
        named = {"release_id": self.release_id, "label": self.label, "organisations": self.organisations}
        return json.dumps(named | asdict(self), indent=2, ensure_ascii=False) + "\n"

    @staticmethod
    def read(folder: Path) -> "Release":
        """Return the release that a folder holds."""
        said = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        return Release(
            date=said["date"],
            sequence=said["sequence"],
            is_synthetic=said["is_synthetic"],
            tables={name: ReleasedTable(**table) for name, table in said["tables"].items()},
            submissions=said["submissions"],
            code_revision=said["code_revision"],
        )


def list_releases(home: Home) -> list[Release]:
    """Return every release of a home, the earliest first."""
    releases = [Release.read(path.parent) for path in home.releases.glob(f"*/{DESCRIPTION}")]
    return sorted(releases, key=lambda release: release.released_at)


def commit_release(
    home: Home, connection: duckdb.DuckDBPyConnection, release: Release, queries: Mapping[str, str]
) -> Path:
    """Write a release and move it into place: it is under ``releases`` whole, or not at all.

    ``queries`` gives the SQL of each table, in the order in which its rows are to be kept.
    """
    for left_over in home.published.glob(".incoming-*"):
        shutil.rmtree(left_over)
    folder = home.published / f".incoming-{release.release_id}"
    folder.mkdir(parents=True)
    for name, query in queries.items():
        path = folder / f"{name}.parquet"
        connection.execute(f"copy ({query}) to {literal(path)} (format parquet, compression zstd)")
        save(path)
    description = folder / DESCRIPTION
    description.write_text(release.to_json(), encoding="utf-8")
    save(description)
    committed = folder.rename(home.releases / release.release_id)
    save(home.releases)
    return committed


def fingerprint(connection: duckdb.DuckDBPyConnection, query: str) -> ReleasedTable:
    """Return the number of rows of a query, and a hash of its columns, types and rows in any order."""
    columns = connection.execute(f"describe {query}").fetchall()
    types = json.dumps([column[:2] for column in columns])
    row = connection.execute(
        f"""
        select
            count(*),
            sha256($types || coalesce(string_agg(row_hash, '' order by row_hash), ''))
        from (select sha256(cast(to_json(content) as varchar)) as row_hash from ({query}) as content)
        """,
        {"types": types},
    ).fetchone()
    return ReleasedTable(rows=row[0], sha256=row[1])


def code_revision() -> str | None:
    """Return the project's git commit, marked where files differ from it; nothing outside a repository."""
    if not (PROJECT / ".git").exists():
        return None
    try:
        commit = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{commit} with local changes" if changed else commit


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(PROJECT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def literal(value: object) -> str:
    """Return a text as a SQL literal."""
    return "'" + str(value).replace("'", "''") + "'"


def save(path: Path) -> None:
    """See a file or a folder on disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
