"""What dbt parsed, kept once for the project: dbt itself keeps it beside its artefacts, and each home has its own.

dbt compares it with the project's files and parses again what has changed, so an old one costs time and nothing else.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wres.reference import PROJECT

NAME = "partial_parse.msgpack"


@contextmanager
def saved_parse(target: Path, engine: str = "") -> Iterator[None]:
    """Start dbt, which writes its artefacts to ``target``, from the project's last parse; keep one that it has made.

    What was parsed for an engine is of no use to another, so each has its own. The project's is where a plain ``dbt``
    keeps it too; where the project may not be written to, each home is left with its own.
    """
    own, shared = target / NAME, PROJECT / "target" / engine / NAME
    _copy_newer(shared, own)
    try:
        yield
    finally:
        _copy_newer(own, shared)


def _copy_newer(source: Path, copy: Path) -> None:
    """Copy a file over an older one, in one move: two commands may do so at once. Without leave or room, do nothing."""
    with suppress(OSError):
        if copy.exists() and copy.stat().st_mtime >= source.stat().st_mtime:
            return
        copy.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=copy.parent) as folder:
            shutil.copy2(source, Path(folder) / NAME).replace(copy)
