"""What every Python test may ask for: the project's folder, the real data, and SQL compiled by dbt."""

import os
import re
from collections.abc import Callable
from functools import cache
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
    """Return a function that gives the SQL that dbt makes of a piece of Jinja, and fails with dbt's message.

    dbt takes seconds to start and to read the project, so it runs in this process and does so once.
    """
    from dbt.cli.main import dbtRunner, dbtRunnerResult

    home = tmp_path_factory.mktemp("compile_inline")

    def dbt(command: str, *options: str, **project: object) -> dbtRunnerResult:
        flags = ("--quiet", "--no-write-json", "--log-level-file", "none")
        folders = ("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(home / "target"))
        said = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WRES_HOME", str(home))
            runner = dbtRunner(callbacks=[lambda event: said.append(event.info.msg)], **project)
            done = runner.invoke([*flags, command, *folders, *options])
        assert done.success, f"dbt {command} failed: {done.exception}\n" + "\n".join(said[-9:])
        return done

    @cache
    def parsed() -> object:
        with saved_parse(home / "target"):
            return dbt("parse").result

    def compiled(text: str) -> str:
        options = ("--no-introspect", "--no-populate-cache", "--inline", text)
        return dbt("compile", *options, manifest=parsed()).result.results[0].node.compiled_code

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
