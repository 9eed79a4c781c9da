"""Releases: what was published, kept append-only as one folder of Parquet and CSV files each."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb

from wres.home import Home, WresError
from wres.made_from import MadeFrom, sha256_of
from wres.reference import PROJECT

DESCRIPTION = "release.json"
CSV, PARQUET = ".csv.gz", ".parquet"
CSV_OPTIONS = "format csv, header, compression gzip"
PARQUET_OPTIONS = "format parquet, compression zstd, row_group_size 122880"
SYNTHETIC = "Contains synthetic returns: made up to try the warehouse out, and not to be quoted"
AS_RECEIVED = "Made from returns and statistics as they were received"


@dataclass(frozen=True)
class ReleasedTable:
    """One table of a release."""

    rows: int


@dataclass(frozen=True)
class ReleasedFile:
    """One file of a release: its bytes, counted and told apart."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Release:
    """What ``release.json`` says of a release."""

    date: str
    sequence: int
    is_synthetic: bool
    tables: Mapping[str, ReleasedTable]
    files: Mapping[str, ReleasedFile] = field(default_factory=dict)
    submissions: list[dict[str, Any]] = field(default_factory=list)
    code_revision: str | None = None
    made_from: MadeFrom = field(default_factory=MadeFrom)

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
        return other is not None and self._parquet() == other._parquet()

    def _parquet(self) -> dict[str, ReleasedFile]:
        return {name: file for name, file in self.files.items() if name.endswith(PARQUET)}

    def to_json(self) -> str:
        """Return the text of ``release.json``."""
        named = {"release_id": self.release_id, "label": self.label, "organisations": self.organisations}
        return json.dumps(named | asdict(self), indent=2, ensure_ascii=False) + "\n"

    @staticmethod
    def read(folder: Path) -> "Release":
        """Return the release that a folder holds; those made before there were checksums of files have none."""
        said = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        return Release(
            date=said["date"],
            sequence=said["sequence"],
            is_synthetic=said["is_synthetic"],
            tables={name: ReleasedTable(table["rows"]) for name, table in said["tables"].items()},
            files={name: ReleasedFile(**file) for name, file in said.get("files", {}).items()},
            submissions=said["submissions"],
            code_revision=said["code_revision"],
            made_from=MadeFrom(**said.get("made_from", {})),
        )


def list_releases(home: Home) -> list[Release]:
    """Return every release of a home, the earliest first."""
    releases = [Release.read(path.parent) for path in home.releases.glob(f"*/{DESCRIPTION}")]
    return sorted(releases, key=lambda release: release.released_at)


def find_release(home: Home, release_id: str) -> Release:
    """Return a release by its name; raise ``WresError`` with those there are where it is none of them."""
    releases = list_releases(home)
    for release in releases:
        if release.release_id == release_id:
            return release
    there = ", ".join(release.release_id for release in releases) or "none yet"
    raise WresError(f"There is no release {release_id}. Releases: {there}.")


def in_force(releases: list[Release], day: date) -> Release | None:
    """Return the release that readers had at the end of a day; nothing before the first."""
    return max(
        (release for release in releases if date.fromisoformat(release.date) <= day),
        key=lambda release: release.released_at,
        default=None,
    )


@contextmanager
def incoming(parent: Path) -> Iterator[Path]:
    """Give the folder in which a release is made; what is left of it, and of one cut off, is taken away."""
    for left_over in parent.glob(".incoming*"):
        shutil.rmtree(left_over)
    folder = parent / ".incoming"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_parquet(connection: duckdb.DuckDBPyConnection, queries: Mapping[str, str], folder: Path) -> dict[str, int]:
    """Write each query's rows as a Parquet file of its name, in the query's order; return the numbers of rows.

    The same rows give the same bytes, however many threads there are.
    """
    rows = {}
    for name, query in sorted(queries.items()):
        to = literal(folder / f"{name}{PARQUET}")
        [[rows[name]]] = connection.execute(f"copy ({query}) to {to} ({PARQUET_OPTIONS})").fetchall()
    return rows


def write_csv(folder: Path) -> None:
    """Write a CSV file beside each Parquet file of a folder, in the same order: a missing value is an empty cell."""

    def write(path: Path) -> None:
        to = literal(path.with_suffix(CSV))
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (from read_parquet({literal(path)})) to {to} (format csv, header, compression gzip)"
            )

    # Compressing takes one processor a file: the largest first, so that none is left with it alone.
    paths = sorted(folder.glob(f"*{PARQUET}"), key=lambda path: path.stat().st_size, reverse=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(write, paths))


def released_files(folder: Path) -> dict[str, ReleasedFile]:
    """Return the size and checksum of every table's files in a folder."""
    paths = sorted(path for path in folder.iterdir() if path.name.endswith((CSV, PARQUET)))
    return {path.name: ReleasedFile(path.stat().st_size, sha256_of(path)) for path in paths}


def commit_release(home: Home, folder: Path, release: Release) -> Path:
    """Describe a release and move its folder into place: it is under ``releases`` whole, or not at all."""
    (folder / DESCRIPTION).write_text(release.to_json(), encoding="utf-8")
    for path in folder.iterdir():
        save(path)
    save(folder)
    committed = folder.rename(home.releases / release.release_id)
    save(home.releases)
    return committed


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


def quoted(name: str) -> str:
    """Return a name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def save(path: Path) -> None:
    """See a file or a folder on disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
