"""What a warehouse is made from: the batches, the definitions and the programs, each named with what tells it apart."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from wres.home import Home
from wres.reference import PROJECT

# Every file of the project that can change a published table, its descriptions or how it is written.
DEFINITIONS = (
    "dbt_project.yml",
    *(f"{folder}/**/*" for folder in ("docs/dbt", "macros", "models", "seeds")),
    *(f"scripts/wres/{module}.py" for module in ("dictionary", "publish", "releases")),
)
PROGRAMS = ("dbt-core", "dbt-duckdb", "duckdb")


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


def made_from(home: Home) -> MadeFrom:
    """Return what a build of this home is made from now."""
    found = (path for pattern in DEFINITIONS for path in PROJECT.glob(pattern))
    return MadeFrom(
        inputs=_hashes(home.root, home.batches.glob("*/*.parquet")),
        definitions=_hashes(PROJECT, (path for path in found if path.is_file())),
        programs={name: version(name) for name in PROGRAMS},
    )


def forget_build(home: Home) -> None:
    """Take away what was written down of the last build: the warehouse is about to be another."""
    _record(home).unlink(missing_ok=True)


def record_build(home: Home, made: MadeFrom) -> None:
    """Write down what the warehouse was built from."""
    _record(home).write_text(json.dumps(asdict(made), indent=2) + "\n", encoding="utf-8")


def recorded_build(home: Home) -> MadeFrom | None:
    """Return what the warehouse was built from; nothing where dbt was run on its own."""
    path = _record(home)
    return MadeFrom(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checksum(hashes: Mapping[str, str]) -> str | None:
    return hashlib.sha256(json.dumps(dict(sorted(hashes.items()))).encode()).hexdigest() if hashes else None


def _record(home: Home) -> Path:
    return home.warehouse / "made_from.json"


def _hashes(root: Path, paths: Iterable[Path]) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): sha256_of(path) for path in sorted(paths)}
