"""Answer the questions of `analyses/` on a built warehouse, and write them down in docs/questions.md.

Each question is compiled by dbt and asked of the warehouse under WRES_HOME, so that the page shows what the SQL gives.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "questions.md"
ROWS_SHOWN = 10
RETURNS = "sc-wres"
HEAD = """# Questions
What people ask of the tables, with the query that answers and the first rows of the answer.

**Returns (collection `sc-wres`) are synthetic here: made-up figures of no real organisation. Figures of the census of
children's social workers (`csww`), of residents and of statistical neighbours are real** (Department for Education;
Office for National Statistics; Open Government Licence v3).

Made by `make questions`; do not edit. `dbt show --select NAME --limit 100` asks one of your own build. How to read the
columns: [methods](methods/README.md).
"""


@dataclass(frozen=True)
class Question:
    """One analysis: its name, the question that its SQL opens with, and what it is said to show."""

    name: str
    title: str
    description: str


def questions() -> Iterator[Question]:
    """Yield the questions in the order in which they are described."""
    described = yaml.safe_load((PROJECT / "analyses" / "_analyses.yml").read_text(encoding="utf-8"))["analyses"]
    for entry in described:
        yield Question(entry["name"], title(entry["name"]), " ".join(entry["description"].split()))


def title(name: str) -> str:
    """Return the question that an analysis opens with: its first comment, up to the question mark."""
    lines = (PROJECT / "analyses" / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    comment = []
    for line in lines:
        if not line.startswith("--"):
            break
        comment.append(line.removeprefix("--").strip())
    return " ".join(comment)


def compiled(home: Path) -> dict[str, str]:
    """Return the SQL that dbt makes of every analysis, for the warehouse of a home."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder)
        command = [Path(sys.executable).with_name("dbt"), "--quiet", "compile", "--select", "path:analyses"]
        environment = os.environ | {
            "WRES_HOME": str(home),
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(target / "logs"),
        }
        subprocess.run(command, cwd=PROJECT, env=environment, check=True)
        return {path.stem: path.read_text(encoding="utf-8") for path in target.glob("compiled/*/analyses/*.sql")}


def answers(home: Path) -> dict[str, duckdb.DuckDBPyRelation]:
    """Return the answer to every question, as a relation over the warehouse of a home."""
    asked = compiled(home)  # before the warehouse is opened: dbt opens it too
    engine = duckdb.connect(str(home / "warehouse" / "warehouse.duckdb"), read_only=True)
    return {name: engine.sql(sql) for name, sql in asked.items()}


def page(home: Path) -> str:
    """Return the page of questions with the answers of a home."""
    found = answers(home)
    return "\n".join([HEAD, *(section(question, found[question.name]) for question in questions())])


def section(question: Question, answer: duckdb.DuckDBPyRelation) -> str:
    """Return a question with what it shows, its first rows as a table, and how many there are."""
    rows = answer.fetchall()
    lines = [answer.columns, ["---"] * len(answer.columns), *rows[:ROWS_SHOWN]]
    table = "\n".join("| " + " | ".join(text(value) for value in line) + " |" for line in lines)
    table = table.replace(f"| {RETURNS} |", f"| {RETURNS} (synthetic) |")
    count = f"{len(rows):,} row{'s' if len(rows) != 1 else ''}"
    more = f", of which the first {ROWS_SHOWN} are shown" if len(rows) > ROWS_SHOWN else ""
    return f"## {question.title}\n{question.description} `{question.name}`: {count}{more}.\n\n{table if rows else ''}\n"


def text(value: object) -> str:
    """Return a value as a cell of a table says it; nothing where there is none."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(Path(os.environ["WRES_HOME"]).resolve()).rstrip("\n") + "\n", encoding="utf-8")
    print(f"Written to {PAGE.relative_to(PROJECT)}")
