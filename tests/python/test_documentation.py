"""The documentation that dbt makes of the project: built once on an empty home, with nothing left undescribed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wres.batch import ISSUES, OBSERVATIONS, SUBMISSIONS
from wres.dictionary import PUBLISHED, SCHEMA
from wres.home import open_home

PACKAGE = "wres"
# What dbt documents of its own accord.
# As dbt_project.yml has it: constraints of what is a view in DuckDB alone.
WARNINGS_ARE_ERRORS = json.dumps({"error": "all", "silence": ["UnsupportedConstraintMaterialization"]})
OVERVIEWS = {"__overview__", "__dbt_utils__", f"__{PACKAGE}__"}


@pytest.fixture(scope="module")
def documentation(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return dbt's manifest and catalogue of a home where nothing was received; any warning is an error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WRES_HOME", str(tmp_path_factory.mktemp("home")))
        home = open_home()
        folders = {"WRES_HOME": home.root, "DBT_TARGET_PATH": home.target, "DBT_LOG_PATH": home.root / "logs"}
        environment = os.environ | {name: str(folder) for name, folder in folders.items()}
    for command in (
        [
            *("build", "--show-all-deprecations", "--exclude-resource-type", "test", "unit_test"),
            *("--select", "*", "--exclude", "tag:release", "tag:open"),
        ],
        ["docs", "generate", "--select", "*"],
    ):
        run = subprocess.run(
            [
                Path(sys.executable).with_name("dbt"),
                *("--warn-error-options", WARNINGS_ARE_ERRORS, "--no-use-colors", "--quiet"),
                *command,
                *("--profiles-dir", project_root),
            ],
            cwd=project_root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, f"dbt {' '.join(command)} failed:\n{run.stdout}\n{run.stderr}"
    return {
        name: json.loads((home.target / f"{name}.json").read_text(encoding="utf-8")) for name in ("manifest", "catalog")
    }


@pytest.fixture(scope="module")
def manifest(documentation: dict[str, Any]) -> dict[str, Any]:
    """Return dbt's manifest of the project."""
    return documentation["manifest"]


def own(manifest: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the project's own entries of one kind, in order of their names."""
    entries = (entry for entry in manifest[kind].values() if entry["package_name"] == PACKAGE)
    return sorted(entries, key=lambda entry: entry["unique_id"])


def undescribed(entries: list[dict[str, Any]]) -> list[str]:
    """Return the ids of the entries that have no description."""
    return [entry["unique_id"] for entry in entries if not entry["description"].strip()]


def is_generic_test(entry: dict[str, Any]) -> bool:
    """Tell whether a node is a use of a generic test: its name and arguments say what it asks."""
    return entry["resource_type"] == "test" and "test_metadata" in entry


@pytest.mark.parametrize("kind", ["sources", "exposures", "macros", "unit_tests", "semantic_models", "metrics"])
def test_everything_is_described(manifest: dict[str, Any], kind: str) -> None:
    """Each source, exposure, macro, unit test, semantic model and metric says what it is."""
    entries = own(manifest, kind)
    assert entries
    assert undescribed(entries) == []


def test_every_node_is_described(manifest: dict[str, Any]) -> None:
    """Each model, seed, snapshot, analysis and singular test says what it is."""
    entries = [entry for entry in own(manifest, "nodes") if not is_generic_test(entry)]
    kinds = {entry["resource_type"] for entry in entries}
    assert kinds >= {"model", "seed", "snapshot", "analysis", "test"}
    without_hooks = [entry for entry in entries if entry["resource_type"] != "operation"]
    assert undescribed(without_hooks) == []


@pytest.mark.parametrize("kind", ["nodes", "sources"])
def test_every_listed_column_is_described(manifest: dict[str, Any], kind: str) -> None:
    """No column is listed without saying what it holds."""
    missing = [
        f"{entry['unique_id']}.{name}"
        for entry in own(manifest, kind)
        for name, column in entry["columns"].items()
        if not column["description"].strip()
    ]
    assert missing == []


def test_every_published_model_reaches_readers(manifest: dict[str, Any]) -> None:
    """Publishing takes its tables from the exposure: a model that is left out of it would be built for nobody."""
    models = {node["unique_id"] for node in own(manifest, "nodes") if node["schema"] == SCHEMA}
    exposures = {found["name"]: found for found in own(manifest, "exposures")}
    assert set(exposures[PUBLISHED]["depends_on"]["nodes"]) == models
    assert {found["owner"]["name"] for found in exposures.values()} == {"SC-WRES programme"}


def test_the_columns_listed_are_the_columns_there(documentation: dict[str, Any]) -> None:
    """Each model and seed lists exactly the columns that it has in the warehouse."""
    nodes = documentation["catalog"]["nodes"]
    assert nodes
    different = {}
    for unique_id, table in nodes.items():
        listed = set(documentation["manifest"]["nodes"][unique_id]["columns"])
        there = set(table["columns"])
        if listed != there:
            different[unique_id] = {"not listed": there - listed, "not there": listed - there}
    assert different == {}


def test_every_table_of_the_warehouse_is_in_the_catalogue(documentation: dict[str, Any]) -> None:
    """Nothing escapes the comparison of columns but what is made from or for releases, of which there is none yet."""
    built = {
        entry["unique_id"]
        for entry in own(documentation["manifest"], "nodes")
        if entry["resource_type"] in ("model", "seed") and not {"release", "open"} & set(entry["tags"])
    }
    assert built == set(documentation["catalog"]["nodes"])


@pytest.mark.parametrize(
    ("table", "schema"), [("submissions", SUBMISSIONS), ("observations", OBSERVATIONS), ("issues", ISSUES)]
)
def test_landed_columns_are_those_of_a_batch(manifest: dict[str, Any], table: str, schema: Any) -> None:
    """The source lists the columns that `wres receive` writes, in their order."""
    assert list(manifest["sources"][f"source.{PACKAGE}.landed.{table}"]["columns"]) == schema.names


def test_macro_arguments_are_described(manifest: dict[str, Any]) -> None:
    """Each macro lists the arguments of its signature, in order, and says what each is."""
    wrong = {}
    for macro in own(manifest, "macros"):
        listed = [argument["name"] for argument in macro["arguments"]]
        described = all(argument["description"].strip() for argument in macro["arguments"])
        if listed != list(arguments(macro["macro_sql"])) or not described:
            wrong[macro["name"]] = {"listed": listed, "taken": list(arguments(macro["macro_sql"]))}
    assert wrong == {}


def test_every_term_is_used(manifest: dict[str, Any]) -> None:
    """No term of the glossary is left behind when the last column that refers to it goes."""
    terms = {block["name"] for block in manifest["docs"].values() if block["package_name"] == PACKAGE}
    used = {block.rsplit(".", 1)[1] for block in doc_blocks([manifest["nodes"], manifest["sources"]])}
    assert terms
    assert terms - used - OVERVIEWS == set()


def arguments(macro_sql: str) -> Iterator[str]:
    """Yield the names of the arguments that a macro or a generic test takes; a materialization takes none."""
    signature = re.search(r"\{%-?\s*(?:(?:macro|test)\s+\w+\s*\(([^)]*)\)|materialization\s)", macro_sql)
    assert signature, macro_sql
    for argument in (signature[1] or "").split(","):
        name = argument.split("=")[0].strip()
        if name:
            yield name


def doc_blocks(part: Any) -> Iterator[str]:
    """Yield the id of each doc block that the descriptions in a part of the manifest refer to."""
    if isinstance(part, dict):
        yield from part.get("doc_blocks") or ()
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from doc_blocks(inner)
