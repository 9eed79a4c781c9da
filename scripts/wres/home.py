"""Where the warehouse keeps its files, and the lock that lets one command write at a time."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wres.reference import PROJECT


class WresError(Exception):
    """Something the user can mend: the message says what, where and what to do."""


class HomeBusyError(WresError):
    """Another command is writing to the same home."""


@dataclass(frozen=True)
class Home:
    """The folders under ``WRES_HOME``; all paths of a warehouse derive from ``root``."""

    root: Path

    @property
    def landing(self) -> Path:
        """Every accepted file as it was sent, named by the SHA-256 of its bytes."""
        return self.root / "landing"

    @property
    def batches(self) -> Path:
        """Committed batches, one folder each: submissions, observations and issues as Parquet."""
        return self.root / "batches"

    @property
    def quarantine(self) -> Path:
        """Files that could not be received, kept as they were sent."""
        return self.root / "quarantine"

    @property
    def warehouse(self) -> Path:
        """What dbt and the checks make; the only folder that may be deleted."""
        return self.root / "warehouse"

    @property
    def database(self) -> Path:
        """dbt's own database."""
        return self.warehouse / "warehouse.duckdb"

    @property
    def target(self) -> Path:
        """dbt's artefacts (manifest, compiled SQL) of the last ``wres build``."""
        return self.warehouse / "target"

    @property
    def reports(self) -> Path:
        """The correction pack of each return, for its organisation: by year, organisation and service, and version."""
        return self.root / "reports"

    @property
    def data_docs(self) -> Path:
        """The root of Great Expectations' pages."""
        return self.warehouse / "checks"

    @property
    def published(self) -> Path:
        """What readers open: the current database, and every release."""
        return self.root / "published"

    @property
    def published_database(self) -> Path:
        """The current release as one database."""
        return self.published / "wres.duckdb"

    @property
    def releases(self) -> Path:
        """Every release, append-only, one folder each."""
        return self.published / "releases"

    def shown(self, path: Path) -> str:
        """Return a path as a person would type it: relative to the current folder where it is below it."""
        try:
            return str(path.relative_to(Path.cwd()))
        except ValueError:
            return str(path)

    @contextmanager
    def locked(self, purpose: str) -> Iterator[None]:
        """Hold the home for one writing command.

        Raises ``HomeBusyError``, with who holds it and since when, if another command does. The lock is the
        operating system's: it goes with the process, so a crash never leaves it behind.
        """
        path = self.root / ".lock"
        with path.open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise HomeBusyError(_busy_message(self.root, file.read())) from None
            file.truncate(0)
            now = datetime.now().astimezone().isoformat(timespec="seconds")
            file.write(json.dumps({"purpose": purpose, "process": os.getpid(), "since": now}))
            file.flush()
            try:
                yield
            finally:
                file.truncate(0)


def _busy_message(root: Path, holder: str) -> str:
    try:
        held = json.loads(holder)
        who = f"`{held['purpose']}` (process {held['process']}) has held it since {held['since']}"
    except (ValueError, KeyError):
        who = "another command has just taken it"
    return f"The warehouse at {root} is in use: {who}. Wait until it ends, then run this command again."


def open_home() -> Home:
    """Return the home that ``WRES_HOME`` names (default: the project folder), making what is missing in it."""
    from wres.batch import ensure_empty_batch

    home = Home(Path(os.environ.get("WRES_HOME") or PROJECT).resolve())
    for folder in (home.landing, home.batches, home.quarantine, home.warehouse, home.releases):
        folder.mkdir(parents=True, exist_ok=True)
    ensure_empty_batch(home.batches)
    return home
