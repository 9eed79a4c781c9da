"""Publish over and over while others read, every other time in a process that is killed; print what was seen, as JSON.

Everything is imported once and each process is a fork, dbt's too, so that a kill can fall anywhere in the work itself
and not in starting Python. Great Expectations is left out: it changes nothing that readers see.
PARSED is a folder in which dbt has parsed the project. Usage: publish_under_fire.py FOLDER PARSED KILLS READERS SEED
"""

import contextlib
import io
import json
import os
import random
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import made_warehouse
import sqlalchemy
from dbt.cli.main import dbtRunner
from kill_receive import in_child, run
from made_warehouse import figure

from wres import publish as publishing
from wres.home import Home
from wres.made_from import sha256_of
from wres.reference import PROJECT
from wres.releases import Release
from wres.warehouse import DbtError, dbt_environment

DAY = date(2026, 3, 31)
LOOKS_A_SECOND = 20  # of all readers together: what is measured is not how fast two processors are
# What tells of which build a table is, table by table.
TELLS = {
    "indicator": "select numerator from indicator",
    "area": "select cast(area_name as integer) from area",
    "year_on_year": "select numerator from year_on_year",
}
COMMENTS = "select distinct regexp_extract(comment, 'Release (\\S+)\\.$', 1) from duckdb_tables()"
CURRENT = "select release_id from release where is_current"


def main(folder: Path, parsed: Path, kills: int, readers: int, seed: int) -> None:
    publishing.run_dbt = dbt  # type: ignore[assignment]
    publishing._check = lambda home, *_: ([], home.data_docs)  # type: ignore[assignment]
    home = Home(folder / "home")
    home.target.parent.mkdir(parents=True)
    home.releases.mkdir(parents=True)
    shutil.copytree(parsed, home.target)
    warehouse = made_warehouse.Warehouse(home, made_warehouse.published_columns(home))
    rng = random.Random(seed)
    moments = timed(home, warehouse, folder / "moments.json")
    this = os.getpid()
    started = [fork(lambda one=one: read(home, folder, one, this, readers / LOOKS_A_SECOND)) for one in range(readers)]
    wrong: list[str] = []
    killed = 0
    for attempt in range(1, kills + 1):
        build = 10 * attempt
        in_child(lambda build=build: made(warehouse, build))
        victim = fork(lambda: publish(home))
        stage = rng.randrange(len(moments) - 1)
        time.sleep(rng.uniform(*moments[stage : stage + 2]))
        # By turns with all that it has started, and alone.
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if attempt % 2 else os.kill)(victim, signal.SIGKILL)
        _, status = os.waitpid(victim, 0)
        killed += os.WIFSIGNALED(status)
        wrong += [f"attempt {attempt}: {one}" for one in asked(folder, lambda: not_whole(home))]
        in_child(lambda: publish(home))
        wrong += [f"after attempt {attempt}: {one}" for one in asked(folder, lambda b=build: not_healed(home, b))]
    (folder / "stop").touch()
    for process in started:
        os.waitpid(process, 0)
    seen = [json.loads((folder / f"reader-{one}.json").read_text()) for one in range(readers)]
    print(json.dumps({"killed": killed, "wrong": wrong, "readers": seen}))


def fork(task: Callable[[], object]) -> int:
    """Run a task in a process and a group of its own, and go on."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        run(task)
    with contextlib.suppress(PermissionError, ProcessLookupError):
        os.setpgid(child, child)  # whichever of the two comes first
    return child


def asked(folder: Path, question: Callable[[], list[str]]) -> list[str]:
    """Return what a process of its own answers."""
    answer = folder / "answer.json"
    in_child(lambda: answer.write_text(json.dumps(question())))
    return json.loads(answer.read_text())


def dbt(
    home: Home, arguments: Sequence[str], environment: Mapping[str, str] | None = None, show: object = None
) -> None:
    """Run dbt as ``run_dbt`` does, in a fork: it keeps the home's lock when the process that started it is killed."""
    child = os.fork()
    if child == 0:
        os.environ.update(dbt_environment(home) | dict(environment or {}))
        os.chdir(PROJECT)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            result = dbtRunner().invoke(["--log-level-file", "none", "--no-use-colors", *arguments])
        if not result.success:
            print(said.getvalue(), result.exception, file=sys.stderr)
        os._exit(0 if result.success else 1)
    if os.waitpid(child, 0)[1]:
        raise DbtError(f"dbt {' '.join(arguments)} failed")


def made(warehouse: made_warehouse.Warehouse, build: int) -> None:
    """Build a warehouse in which every table that tells of it says the same number."""
    area = [{"area_code": "E06000001", "area_name": str(build), "area_level": "organisation"}]
    warehouse.build([figure(build)], area=area, year_on_year=[made_warehouse.KEY | {"numerator": build}])


def publish(home: Home) -> None:
    with home.locked("wres publish", on_wait=lambda _: None):
        publishing.publish(home, DAY)


def timed(home: Home, warehouse: made_warehouse.Warehouse, answer: Path) -> list[float]:
    """Publish twice, and return when the second was at the start, the history, the swap and the end."""

    def work() -> None:
        marks = [time.monotonic()]
        for name in ("_record", "_swap_in"):
            step = getattr(publishing, name)

            def marked(*arguments: object, step: Callable = step) -> None:
                marks.append(time.monotonic())
                step(*arguments)

            setattr(publishing, name, marked)
        publish(home)
        marks.append(time.monotonic())
        answer.write_text(json.dumps([mark - marks[0] for mark in marks]))

    for build in (1, 2):
        in_child(lambda build=build: made(warehouse, build))
        in_child(work)
    return json.loads(answer.read_text())


# ----------------------------------------------------------------------------------------------- what is seen


def said_by(ask: Callable[[str], list[tuple]]) -> list[object]:
    """Return every answer to which build and which release a database is of: two when it is whole."""
    builds = {ask(sql)[0][0] for sql in TELLS.values()}
    releases = {ask(CURRENT)[0][0], *(row[0] for row in ask(COMMENTS))}
    return [*sorted(builds), *sorted(releases)]


def read(home: Home, folder: Path, number: int, parent: int, pause: float) -> None:
    """Query until told to stop: by turns with connections that are kept, opened anew, and of SQLAlchemy's NullPool."""
    path = str(home.published_database)
    rng = random.Random(number)
    engine = sqlalchemy.create_engine(
        f"duckdb:///{path}", connect_args={"read_only": True}, poolclass=sqlalchemy.pool.NullPool
    )
    rounds, failed, mixed, seen = 0, [], [], set()
    while not (folder / "stop").exists() and os.getppid() == parent:
        try:
            if rng.random() < 0.5:
                with duckdb.connect(path, read_only=True) as connection:
                    answers = look(lambda sql: connection.execute(sql).fetchall(), rng.choice([1, 5, 50]), pause)
            else:
                with engine.connect() as connection:
                    answers = look(
                        lambda sql: [tuple(row) for row in connection.exec_driver_sql(sql)],
                        rng.choice([1, 5]),
                        pause,
                    )
            rounds += len(answers)
            seen.add(answers[0][-1])
            if len(answers[0]) != 2 or any(answer != answers[0] for answer in answers):
                mixed.append(str(answers))
        except Exception as error:
            failed.append(repr(error))
    result = {"rounds": rounds, "failed": failed, "mixed": mixed, "releases": sorted(seen)}
    (folder / f"reader-{number}.json").write_text(json.dumps(result))


def look(ask: Callable[[str], list[tuple]], times: int, pause: float) -> list[list[object]]:
    answers = []
    for _ in range(times):
        answers.append(said_by(ask))
        time.sleep(pause)
    return answers


def served(home: Home) -> tuple[list[object], list[str]]:
    """Return what the database says it is, and the releases that it lists."""
    with duckdb.connect(str(home.published_database), read_only=True) as connection:
        listed = connection.execute("select release_id from release order by sequence").fetchall()
        return said_by(lambda sql: connection.execute(sql).fetchall()), [row[0] for row in listed]


def not_whole(home: Home) -> list[str]:
    """Return what is wrong with what a killed process has left: a database or a release that is not whole."""
    says, _ = served(home)
    wrong = [] if len(says) == 2 and (home.releases / str(says[1])).is_dir() else [f"served: {says}"]
    for folder in home.releases.iterdir():
        kept = {path.name: sha256_of(path) for path in folder.iterdir() if path.suffix != ".json"}
        told = {name: file.sha256 for name, file in Release.read(folder).files.items()}
        if kept != told:
            wrong.append(f"{folder.name} is not whole")
    return wrong


def not_healed(home: Home, build: int) -> list[str]:
    """Return what a publish that was not killed has left wrong."""
    says, listed = served(home)
    kept = sorted((path.name for path in home.releases.iterdir()), key=lambda name: int(re.split("-", name)[-1]))
    wrong = [] if says == [build, kept[-1]] else [f"served: {says}, not {build} of {kept[-1]}"]
    if listed != kept:
        wrong.append(f"listed: {listed}, kept: {kept}")
    left = {path.name for path in home.published.iterdir()} - {"releases", home.published_database.name}
    if left:
        wrong.append(f"left over: {left}")
    with duckdb.connect(str(home.database), read_only=True) as connection:
        rows = connection.execute(
            "select numerator from snapshots.indicator_history where dbt_valid_to is null"
        ).fetchall()
    return wrong if rows == [(build,)] else [*wrong, f"history says {rows}"]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
