"""What every Python test may ask for: the project's folder, the real data, and SQL compiled by dbt."""

import fcntl
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from methods_pages import examples

from wres.issues import ISSUE_COLUMNS
from wres.saved_parse import saved_parse

PROJECT = Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what builds warehouses first: it takes longest, and one worker should not be left with it at the end."""
    items.sort(key=lambda item: item.path.name != "test_warehouse.py")


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Return the folder that holds dbt_project.yml."""
    return PROJECT


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Return the folder of real published data, or skip with the reason where it is absent."""
    folder = PROJECT / os.environ.get("WRES_REFERENCE_DATA", "../shared/data")
    if not folder.is_dir():
        pytest.skip(f"the reference data is not at {folder} (set WRES_REFERENCE_DATA)")
    return folder


@pytest.fixture(scope="session")
def compile_inline(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return a function that gives the SQL that dbt makes of a piece of Jinja.

    dbt takes seconds to start, so the same text is compiled once a run, however many workers the run has.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_TESTRUNUID" in os.environ else own
    home = shared / "compile_inline"
    (home / "warehouse").mkdir(parents=True, exist_ok=True)

    def compiled(text: str) -> str:
        result = home / f"{hashlib.sha256(text.encode()).hexdigest()}.sql"
        with (home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not result.exists():
                result.write_text(dbt_compile(text, home))
        return result.read_text()

    return compiled


@pytest.fixture(scope="session")
def compiled_examples(compile_inline: Callable[[str], str]) -> dict[str, str]:
    """Return the SQL that dbt makes of every example of the methods' pages, by its name; between them they use every
    statistical macro.
    """
    text = "\n".join(f"-- example {example.name}\n{example.sql}" for example in examples())
    pieces = re.split(r"-- example (\w+)\n", compile_inline(text))[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Receive without what a test is not about: Great Expectations, which takes seconds to start, and the models that
    compare counts and write packs.
    """
    from wres import receive

    monkeypatch.setattr(receive, "check_batch", lambda *_: ([], None))
    monkeypatch.setattr(receive, "_answer", lambda *_: (pd.DataFrame(columns=ISSUE_COLUMNS, dtype=object), []))


def dbt_compile(text: str, home: Path) -> str:
    """Return what ``dbt compile --inline`` prints; fail with dbt's message where it does not compile."""
    folders = {"WRES_HOME": home, "DBT_TARGET_PATH": home / "target", "DBT_LOG_PATH": home / "logs"}
    with saved_parse(home / "target"):
        run = subprocess.run(
            [
                Path(sys.executable).with_name("dbt"),
                *("--quiet", "compile", "--no-introspect", "--no-populate-cache"),
                *("--profiles-dir", PROJECT, "--inline", text),
            ],
            cwd=PROJECT,
            env=os.environ | {name: str(folder) for name, folder in folders.items()},
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, f"dbt compile failed:\n{run.stdout}\n{run.stderr}"
    return run.stdout
