"""What readers see comes from the project's exposures: their tables, in their order, as the models describe them."""

import json
from pathlib import Path
from typing import Any

import pytest

from wres.dictionary import Column, exposed_tables, exposure
from wres.home import Home, WresError


def model(name: str, **columns: dict[str, Any]) -> dict[str, Any]:
    described = {key: {"description": f"The {key}.", "data_type": "varchar", **value} for key, value in columns.items()}
    meta = {"grain": ["code"], "is_republished": name == "census"}
    return {
        "unique_id": f"model.wres.{name}",
        "resource_type": "model",
        "alias": name.removeprefix("open_"),
        "description": f"The table\n{name}.",
        "columns": described,
        "config": {"meta": meta, "tags": []},
    }


def generic_test(name: str, of: str, on: str = "", **arguments: object) -> dict[str, Any]:
    nodes = [f"model.wres.{each}" for each in (on, of) if each]
    return {
        "resource_type": "test",
        "test_metadata": {"name": name, "kwargs": arguments},
        "attached_node": f"model.wres.{of}",
        "depends_on": {"nodes": nodes},
    }


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home whose manifest has two models and the exposure that depends on them."""
    symbol = {"data_type": "bigint", "config": {"meta": {"unit": "people", "symbol": "people_symbol"}}}
    nodes = [
        model("open_figure", code={"constraints": [{"type": "not_null"}]}, people=symbol, people_symbol={}),
        model("census", code={}),
        generic_test("accepted_values", "open_figure", column_name="code", values=["a", "b"]),
        generic_test(
            "relationships", "open_figure", "census", arguments={"column_name": "code", "to": "x", "field": "code"}
        ),
        generic_test("not_null", "census", column_name="code"),
    ]
    release = {
        "name": "open_release",
        "label": "Open data",
        "description": "What the\npublic sees.",
        "owner": {"name": "SC-WRES programme"},
        "depends_on": {"nodes": ["model.wres.open_figure", "seed.wres.symbol", "model.wres.census"]},
        "config": {"meta": {"licence": {"name": "OGL-UK-3.0"}}},
    }
    manifest = {
        "nodes": {node.get("unique_id", f"test.{number}"): node for number, node in enumerate(nodes)},
        "exposures": {"exposure.wres.open_release": release},
    }
    home = Home(tmp_path)
    home.target.mkdir(parents=True)
    (home.target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return home


def test_an_exposure_says_what_it_is_and_what_it_is_made_of(home: Home) -> None:
    found = exposure(home, "open_release")
    assert (found.title, found.description, found.owner) == ("Open data", "What the public sees.", "SC-WRES programme")
    assert found.tables == ("figure", "census")
    assert found.meta["licence"] == {"name": "OGL-UK-3.0"}


def test_its_tables_are_described_as_the_models_are(home: Home) -> None:
    tables = exposed_tables(home, "open_release")
    assert list(tables) == ["figure", "census"]
    figure = tables["figure"]
    assert figure.columns["people"] == Column("bigint", "The people.", "people", "people_symbol")
    assert figure.columns["code"] == Column("varchar", "The code.", is_required=True, values=("a", "b"))
    assert figure.foreign_keys == {"code": ("census", "code")} and tables["census"].foreign_keys == {}
    assert figure.key == ["code"] and (figure.is_republished, tables["census"].is_republished) == (False, True)


def test_an_exposure_that_is_not_there_is_said_so(home: Home) -> None:
    assert exposed_tables(home, "other") == {}
    with pytest.raises(WresError, match="no other in the last build"):
        exposure(home, "other")
    (home.target / "manifest.json").unlink()
    assert exposed_tables(home, "open_release") == {}
