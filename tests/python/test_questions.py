"""The page of questions: every analysis is on it under the question that its SQL opens with."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from questions_page import questions

FULL = os.environ.get("WRES_TEST_FULL") == "1"


def sections(text: str) -> list[tuple[str, str]]:
    """Return the questions of the page and the name of the analysis that answers each, in order."""
    return re.findall(r"^## (.+)\n.*?`(\w+)`: [\d,]+ rows?", text, re.MULTILINE)


def test_the_page_holds_every_question_as_its_query_asks_it(project_root: Path) -> None:
    asked = list(questions.questions())
    page = (project_root / "docs" / "questions.md").read_text(encoding="utf-8")
    assert sections(page) == [(question.title, question.name) for question in asked]
    assert all(question.description in page for question in asked)
    assert "synthetic" in page.split("##")[0]


def test_every_analysis_is_described_and_asks_something(project_root: Path) -> None:
    asked = list(questions.questions())
    assert sorted(question.name for question in asked) == sorted(
        path.stem for path in (project_root / "analyses").glob("*.sql")
    )
    assert all(question.title.endswith("?") for question in asked)
    assert len({question.title for question in asked}) == len(asked)


def test_made_up_rows_are_called_so(project_root: Path) -> None:
    """Each row of a return says so by itself: a row may be copied without its page."""
    page = (project_root / "docs" / "questions.md").read_text(encoding="utf-8")
    assert "| sc-wres (synthetic) |" in page
    assert "| sc-wres |" not in page


@pytest.mark.skipif(not FULL, reason="answers every question on a build of its own: only where WRES_TEST_FULL is 1")
def test_the_page_is_what_the_command_writes(project_root: Path, reference_data: Path) -> None:
    page = project_root / "docs" / "questions.md"
    kept = page.read_text(encoding="utf-8")
    try:
        command = ["make", "--no-print-directory", "questions", f"WRES_REFERENCE_DATA={reference_data}"]
        subprocess.run(command, cwd=project_root, check=True)
        assert page.read_text(encoding="utf-8") == kept
    finally:
        page.write_text(kept, encoding="utf-8")
