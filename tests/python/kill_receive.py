"""Receive files over and over in processes that are killed at a random moment; print what was found wrong, as JSON.

Everything is imported once and each attempt is a fork, so that a kill can fall anywhere in the work itself and not in
starting Python. Usage: kill_receive.py HOME TIMES SEED FILE...
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import wres.expectations
from wres.batch import TABLES
from wres.home import open_home
from wres.receive import receive


def main(folder: Path, times: int, seed: int, files: list[Path]) -> None:
    wres.expectations._great_expectations()
    rng = random.Random(seed)
    start = time.monotonic()
    in_child(lambda: work(folder / "whole", files))
    longest = time.monotonic() - start
    wrong: list[str] = []
    killed = 0
    for attempt in range(times):
        home = folder / f"killed-{attempt}"
        child = os.fork()
        if child == 0:
            run(lambda home=home: work(home, files))
        time.sleep(rng.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        # One that ended first was faster than the first of all: kill sooner.
        longest *= 1 if os.WIFSIGNALED(status) else 0.8
        result = folder / f"result-{attempt}.json"
        in_child(lambda home=home, result=result: result.write_text(json.dumps(whole_batches(home))))
        wrong += json.loads(result.read_text())
        in_child(lambda home=home: work(home, files))
        in_child(lambda home=home, result=result: result.write_text(json.dumps(differences(home, folder / "whole"))))
        wrong += [f"attempt {attempt}: {one}" for one in json.loads(result.read_text())]
    print(json.dumps({"killed": killed, "wrong": wrong}))


def work(home: Path, files: list[Path]) -> None:
    """Receive the files one after the other, as several commands would."""
    os.environ["WRES_HOME"] = str(home)
    opened = open_home()
    for file in files:
        with opened.locked("wres receive"):
            receive(opened, [file])


def whole_batches(home: Path) -> list[str]:
    """Return what is wrong with what a killed process has left: a batch that is not whole, a file not kept."""
    import pyarrow.parquet as pq

    wrong = []
    for folder in (home / "batches").glob("*"):
        try:
            tables = {name: pq.read_table(folder / f"{name}.parquet") for name in TABLES}
        except OSError as error:
            wrong.append(f"{folder.name} is not whole: {error}")
            continue
        kept = {path.name.partition(".")[0] for path in (home / "landing").iterdir()}
        accepted = set(tables["submissions"]["submission_id"].to_pylist())
        wrong += [f"{one} was accepted and is not kept" for one in accepted - kept]
    return wrong


def differences(home: Path, whole: Path) -> list[str]:
    """Return how a home differs from one in which nothing was killed."""
    wrong = [f"{table} differ" for table in TABLES if rows(home, table) != rows(whole, table)]
    if answers(home) != answers(whole):
        wrong.append("correction packs differ")
    return wrong


def answers(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home)) for path in (home / "reports").rglob("*") if path.is_file())


def rows(home: Path, table: str) -> list[tuple]:
    import duckdb

    files = str(home / "batches" / "*" / f"{table}.parquet")
    columns = "* exclude (received_at)" if table == "submissions" else "*"
    return sorted(duckdb.execute(f"select {columns} from read_parquet(?)", [files]).fetchall(), key=str)


def in_child(task: Callable[[], object]) -> None:
    """Run a task in a process of its own, and wait for it: this one never starts a thread."""
    child = os.fork()
    if child == 0:
        run(task)
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"A process that was not killed has ended with {status}.")


def run(task: Callable[[], object]) -> None:
    try:
        task()
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), [Path(name) for name in sys.argv[4:]])
