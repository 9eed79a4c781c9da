"""The check of SQL style looks at a file again where anything that it is judged by has changed."""

from pathlib import Path

import pytest

from lint_sql import hashes

FILES = ["models/one.sql", "models/two.sql"]
BESIDE = [".sqlfluff", "requirements.lock", "macros/statistics/rate.sql", "models/marts/one.yml", "seeds/area.yml"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in [*FILES, *BESIDE]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("same")
    return tmp_path


def test_a_file_that_changes_is_checked_again_and_no_other(project):
    before = hashes(project, FILES)
    assert hashes(project, FILES) == before
    (project / FILES[0]).write_text("changed")
    after = hashes(project, FILES)
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True]


@pytest.mark.parametrize("name", BESIDE)
def test_what_a_file_is_judged_by_has_every_file_checked_again(project, name):
    before = hashes(project, FILES)
    (project / name).write_text("changed")
    assert not set(before) & set(hashes(project, FILES))
