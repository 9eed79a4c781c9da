"""Where the warehouse keeps its files, and the lock that lets one command write at a time."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from wres.reference import PROJECT

PRIVATE = 0o700  # folders that hold what organisations sent: for the owner alone
LONGEST_WAIT = 600  # seconds
# Locks that this process holds: what it starts keeps them too, so that a killed command does not let go of the home
# while its dbt still writes.
_held: set[int] = set()


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
        """Files that could not be received or hold personal data, as they were sent, until their time is over."""
        return self.root / "quarantine"

    @property
    def experience(self) -> Path:
        """Accounts of experience, one file a return: apart from all figures, and never in a database."""
        return self.root / "experience"

    @property
    def owed(self) -> Path:
        """Which submissions are still to be answered, one a line: a receipt that was cut off leaves it behind."""
        return self.root / ".owed"

    @property
    def reports(self) -> Path:
        """What each organisation is told of its returns."""
        return self.root / "reports"

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
    def data_docs(self) -> Path:
        """The root of Great Expectations' pages."""
        return self.warehouse / "checks"

    @property
    def timings(self) -> Path:
        """How long each build took, node by node, as Parquet."""
        return self.root / "timings"

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

    @property
    def open_releases(self) -> Path:
        """Open releases for the public, one folder each."""
        return self.published / "open"

    @property
    def open_release_ids(self) -> list[str]:
        """The open releases that were made, the earliest first."""
        names = [path.name for path in self.open_releases.glob("*-*-*-*") if path.is_dir()]
        return sorted(names, key=lambda name: (name[:10], int(name[11:])))

    @property
    def disclosure(self) -> Path:
        """How releases were protected, with the true counts: for the owner alone."""
        return self.root / "disclosure"

    def shown(self, path: Path) -> str:
        """Return a path as a person would type it: relative to the current folder where it is below it."""
        try:
            return str(path.relative_to(Path.cwd()))
        except ValueError:
            return str(path)

    @contextmanager
    def locked(self, purpose: str, on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
        """Hold the home for one writing command.

        With ``on_wait`` a command that holds it is waited for, after telling who that is. Raises
        ``HomeBusyError``, with who holds it and since when, if another command does, and goes on to. The lock is
        the operating system's: it goes with the process and what it has started, so a crash never leaves it behind.
        """
        path = self.root / ".lock"
        with path.open("a+", encoding="utf-8") as file:
            self._take(file, on_wait)
            file.truncate(0)
            now = datetime.now().astimezone().isoformat(timespec="seconds")
            file.write(json.dumps({"purpose": purpose, "process": os.getpid(), "since": now}))
            file.flush()
            _held.add(file.fileno())
            try:
                yield
            finally:
                _held.discard(file.fileno())
                file.truncate(0)

    def _take(self, file: IO[str], on_wait: Callable[[str], None] | None) -> None:
        until = time.monotonic() + (LONGEST_WAIT if on_wait else 0)
        is_told = False
        while True:
            try:
                return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read()
                if time.monotonic() >= until:
                    raise HomeBusyError(_busy_message(self.root, holder)) from None
            if not is_told:
                on_wait(f"Waiting until {_holder(holder)} ends.")
                is_told = True
            time.sleep(0.1)


def lock_files() -> tuple[int, ...]:
    """Return the files of the locks that this process holds, for what it starts to hold them too."""
    return tuple(_held)


def _busy_message(root: Path, holder: str) -> str:
    return f"The warehouse at {root} is in use by {_holder(holder)}. Wait until it ends, then run this command again."


def _holder(holder: str) -> str:
    try:
        held = json.loads(holder)
        return f"`{held['purpose']}` (process {held['process']}, since {held['since']})"
    except (ValueError, KeyError):
        return "another command that has just taken it"


def open_home() -> Home:
    """Return the home that ``WRES_HOME`` names (default: the project folder), making what is missing in it."""
    from wres.batch import ensure_empty_batch

    home = Home(Path(os.environ.get("WRES_HOME") or PROJECT).resolve())
    for folder in (home.batches, home.warehouse, home.releases):
        folder.mkdir(parents=True, exist_ok=True)
    for folder in (home.landing, home.quarantine, home.experience):
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            folder.chmod(PRIVATE)
    ensure_empty_batch(home.batches)
    return home
