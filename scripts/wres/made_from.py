"""What a warehouse is made from: the batches, the definitions and the programs, each named with what tells it apart."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import duckdb

from wres.home import Home, WresError
from wres.reference import PROJECT

# Every file of the project that can change a published table, its descriptions or how it is written.
DEFINITIONS = (
    "dbt_project.yml",
    "selectors.yml",
    *(f"{folder}/**/*" for folder in ("docs/dbt", "macros", "models", "seeds")),
    *(f"scripts/wres/{module}.py" for module in ("dictionary", "publish", "releases")),
)
PROGRAMS = ("dbt-core", "dbt-duckdb", "duckdb")
RECORD = "operations.last_build"
WHOLE = "warehouse"  # of selectors.yml
UNFINISHED = "unfinished"  # in place of a selector, while dbt builds (the macros of build_record)
DIFFERENCES_SHOWN = 20


@dataclass(frozen=True)
class MadeFrom:
    """SHA-256 of each batch's files and of each file of definitions, by path; versions of the programs, by name."""

    inputs: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    programs: Mapping[str, str] = field(default_factory=dict)

    @property
    def inputs_sha256(self) -> str | None:
        """One checksum of all inputs; nothing where they are not known."""
        return _checksum(self.inputs)

    @property
    def definitions_sha256(self) -> str | None:
        """One checksum of all definitions; nothing where they are not known."""
        return _checksum(self.definitions)

    def differences(self, other: "MadeFrom") -> list[str]:
        """Return what ``other`` has differently, one line each; empty where both are the same."""
        lines = []
        for mine, theirs in zip(asdict(self).values(), asdict(other).values(), strict=True):
            for name in sorted(mine.keys() | theirs.keys()):
                if name not in theirs:
                    lines.append(f"{name} is gone")
                elif name not in mine:
                    lines.append(f"{name} is new")
                elif mine[name] != theirs[name]:
                    changed = f": {mine[name]} then, {theirs[name]} now" if name in PROGRAMS else " has changed"
                    lines.append(name + changed)
        return lines

    def differences_in_a_build(self, other: "MadeFrom") -> list[str]:
        """Return the differences but those of what only writes releases, which has no part in a build."""
        return [line for line in self.differences(other) if not line.startswith("scripts/")]


def made_from(home: Home) -> MadeFrom:
    """Return what a build of this home is made from now."""
    found = (path for pattern in DEFINITIONS for path in PROJECT.glob(pattern))
    return MadeFrom(
        inputs=_hashes(home.root, home.batches.glob("*/*.parquet")),
        definitions=_hashes(PROJECT, (path for path in found if path.is_file())),
        programs={name: version(name) for name in PROGRAMS},
    )


def record_build(home: Home, made: MadeFrom, selector: str = WHOLE) -> None:
    """Write down, in the warehouse, what all of it was built from, or the part that a selector of dbt names.

    dbt takes it away when it builds again.
    """
    with duckdb.connect(str(home.database)) as connection:
        connection.execute("create schema if not exists operations")
        connection.execute(
            f"create or replace table {RECORD} as select ? as made_from, ? as selector",
            [json.dumps(asdict(made)), selector],
        )


def recorded_build(home: Home, selector: str = WHOLE) -> MadeFrom | None:
    """Return what the warehouse, or the part of it that a selector names, was built from.

    Nothing where there is none, where last another part was built, or by dbt on its own, where a build did not end
    well, and where another process holds it.
    """
    part, made = last_build(home)
    return made if part == selector else None


def last_build(home: Home) -> tuple[str | None, MadeFrom | None]:
    """Return the selector of what was last built, and what from; nothing where there is no record of it.

    After a build that did not end well, or one of some tables by dbt on its own, it is ``UNFINISHED``, from nothing.
    """
    try:
        with duckdb.connect(str(home.database), read_only=True) as connection:
            part, made = connection.execute(f"select selector, made_from from {RECORD}").fetchone()
    except duckdb.Error:
        return None, None
    return part, MadeFrom(**json.loads(made))


def made_from_last(home: Home) -> MadeFrom:
    """Return what the warehouse was built from, for what is made from it.

    Raises ``WresError`` where a build did not end well or last a part was built, since then some tables know of what
    has come and others not, and where what it was built from is no longer what is there: nobody could make it again.
    """
    part, built = last_build(home)
    if part == UNFINISHED:
        raise WresError(
            "The last build did not end well, or dbt was run for some tables alone: others may be of older returns.\n"
            "Run `wres build`, then this command again."
        )
    if part not in (None, WHOLE):
        raise WresError(
            "Last only a part was built (`wres build --core`), and the other tables may be of older returns.\n"
            "Run `wres build`, then this command again."
        )
    made = made_from(home)
    changes = (built or made).differences_in_a_build(made)
    if changes:
        more = f"\n… and {len(changes) - DIFFERENCES_SHOWN} more" if len(changes) > DIFFERENCES_SHOWN else ""
        raise WresError(
            "Since the last `wres build` there is something else to build from:\n"
            + "\n".join(changes[:DIFFERENCES_SHOWN])
            + f"{more}\nRun `wres build`, then this command again."
        )
    return made


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checksum(hashes: Mapping[str, str]) -> str | None:
    return hashlib.sha256(json.dumps(dict(sorted(hashes.items()))).encode()).hexdigest() if hashes else None


def _hashes(root: Path, paths: Iterable[Path]) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): sha256_of(path) for path in sorted(paths)}
