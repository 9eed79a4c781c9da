"""What dbt parsed for one home serves the next, and is never believed of a file that has changed since."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wres import saved_parse as saving
from wres import warehouse
from wres.home import Home
from wres.reference import PROJECT
from wres.saved_parse import saved_parse
from wres.warehouse import run_dbt

OF_DBT = ("models", "macros", "seeds", "snapshots", "tests/generic", "tests/singular", "analyses", "docs/dbt")
VARIABLES = ("WRES_THREADS", "WRES_MEMORY", "WRES_SPILL", "WRES_RELEASE", "WRES_OPEN_RELEASE")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home in which the project was parsed."""
    home = Home(tmp_path_factory.mktemp("home"))
    run_dbt(home, ["parse"])
    return home


@pytest.fixture(scope="module")
def first(home: Home) -> dict:
    """Return the manifest of the project as it is."""
    return json.loads((home.target / "manifest.json").read_text())


@pytest.fixture(scope="module")
def project(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project, with what was parsed of it."""
    copy = tmp_path_factory.mktemp("project")
    for file in PROJECT.glob("*.yml"):
        shutil.copy2(file, copy)
    for folder in OF_DBT:
        shutil.copytree(PROJECT / folder, copy / folder)
    (copy / "target").mkdir()
    shutil.copy2(home.target / saving.NAME, copy / "target")
    return copy


def of(patch: pytest.MonkeyPatch, project: Path) -> None:
    for module in (warehouse, saving):
        patch.setattr(module, "PROJECT", project)


def parse(home: Home) -> tuple[int, dict]:
    """Return how many files dbt parsed, and its manifest."""
    run_dbt(home, ["parse"])
    manifest, account = (json.loads((home.target / name).read_text()) for name in ("manifest.json", "perf_info.json"))
    return account["parsed_path_count"], manifest


def test_another_home_with_other_settings_parses_nothing(project, tmp_path, monkeypatch):
    of(monkeypatch, project)
    for variable in VARIABLES:
        monkeypatch.setenv(variable, "1")
    parsed, manifest = parse(Home(tmp_path / "it's, another"))
    assert parsed == 0
    assert "model.wres.fct_indicator" in manifest["nodes"]


def test_what_has_changed_is_parsed_again_in_every_home(project, first, tmp_path, monkeypatch):
    of(monkeypatch, project)
    model = project / "models/published/trend.sql"
    described = model.with_suffix(".yml")
    macro = project / "macros/notice_when_empty.sql"
    seed = project / "seeds/reference/service.csv"
    checksum = first["nodes"]["seed.wres.service"]["checksum"]
    model.write_text(model.read_text() + "-- changed\n")
    described.write_text(described.read_text().replace("Trend of", "Changed: trend of", 1))
    macro.write_text(macro.read_text().replace("{#-", "{#- changed", 1))
    seed.write_text(seed.read_text() + "changed,Changed\n")
    (project / "tests/singular/disparity_ratios_multiply.sql").unlink()
    for name in ("one", "other"):
        parsed, manifest = parse(Home(tmp_path / name))
        trend = manifest["nodes"]["model.wres.trend.v1"]
        assert trend["raw_code"].endswith("-- changed")
        assert trend["description"].startswith("Changed: trend of")
        assert "{#- changed" in manifest["macros"]["macro.wres.notice_when_empty"]["macro_sql"]
        assert manifest["nodes"]["seed.wres.service"]["checksum"] != checksum
        assert "test.wres.disparity_ratios_multiply" not in manifest["nodes"]
    assert parsed == 0  # the first of the two kept what it parsed


def test_a_project_that_may_not_be_written_to_leaves_each_home_with_its_own(tmp_path, monkeypatch):
    (tmp_path / "target").write_text("a file, where there would be a folder")
    monkeypatch.setattr(saving, "PROJECT", tmp_path)
    own = tmp_path / "home" / saving.NAME
    own.parent.mkdir()
    with saved_parse(own.parent):
        own.write_text("parsed")
    assert own.read_text() == "parsed"


def test_commands_at_once_never_read_half_a_parse(tmp_path, monkeypatch):
    monkeypatch.setattr(saving, "PROJECT", tmp_path)
    size = 2_000_000

    def command(number: int) -> set[int]:
        """Return the sizes of the parses that a command started from."""
        found = set()
        for turn in range(10):
            target = tmp_path / f"{number}-{turn}"
            target.mkdir()
            with saved_parse(target):
                own = target / saving.NAME
                found |= {own.stat().st_size} if own.exists() else set()
                own.write_bytes(bytes([number]) * size)
        return found

    with ThreadPoolExecutor(4) as commands:
        assert set().union(*commands.map(command, range(4))) == {size}
    assert len(set((tmp_path / "target" / saving.NAME).read_bytes())) == 1
    assert [file.name for file in (tmp_path / "target").iterdir()] == [saving.NAME]


def test_engines_do_not_take_one_anothers_parse(tmp_path, monkeypatch):
    monkeypatch.setattr(saving, "PROJECT", tmp_path)
    for engine in ("", "spark"):
        target = tmp_path / f"home{engine}"
        target.mkdir()
        with saved_parse(target, engine):
            assert not (target / saving.NAME).exists()
            (target / saving.NAME).write_text(engine)
    again = tmp_path / "again"
    with saved_parse(again, "spark"):
        assert (again / saving.NAME).read_text() == "spark"
