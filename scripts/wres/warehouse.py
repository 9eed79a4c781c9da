"""dbt around the warehouse: run as a subprocess, so that it never holds the database after it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from wres.changed_years import changed_years
from wres.home import Home, WresError, lock_files
from wres.made_from import WHOLE, made_from, record_build, recorded_build
from wres.reference import PROJECT
from wres.saved_parse import saved_parse
from wres.timings import show_in_warehouse, timed

Show = Callable[[str], None]
Advance = Callable[[int, int, str], None]
# Unit tests test the code, which `make test` does, and not the data.
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
CORE, CAME = "core", "_came"  # of selectors.yml: a part, and the end of the name of what new returns change of it
# Of very many returns each node keeps every thread of DuckDB busy: two at once take more memory and are no sooner done.
ONE_AT_A_TIME = ("--threads", "1")
ALL_YEARS = {"WRES_YEARS": ""}  # whatever the caller's own environment says
STARTED = "LogStartLine"  # dbt's event when it takes up a node; the one when it has done it is enough
HOOK = "LogHook"  # events of what runs before and after the nodes, and is none of them
TRACEBACK = "Traceback (most recent call last):"
# What a database says when a disk is full, a limit on the size of files is reached, or memory is.
FULL = ("No space left on device", "File too large", "Disk quota exceeded", "failed to offload data block")
OUT_OF_MEMORY = ("Out of Memory Error", "OutOfMemory")


class DbtError(WresError):
    """dbt ended with an error; the message is dbt's own."""


def build(
    home: Home, show: Show | None = None, advance: Advance | None = None, *, anew: bool = False, core: bool = False
) -> None:
    """Build and test the warehouse from the committed batches; ``show`` is told of each stage when all is done.

    Where nothing came since the last build nothing is built, and where only returns did the large tables keep the years
    that those do not touch; with ``anew`` all is built. With ``core`` the figures and their change are built alone,
    with what they rest on; a build of the one after one of the other is of all years.

    Unit tests are left out: they test the code, which ``make test`` does, and not the data. Releases and
    what is made from them are left out by the default selector (``selectors.yml``). What it was built from is
    written down for ``wres publish``.
    Raises ``DbtError`` when a model or a test fails.
    """
    made = made_from(home)
    part = CORE if core else WHOLE
    then = None if anew else recorded_build(home, part)
    if then == made:
        if show:
            show("Nothing is new since the last build (wres build --anew builds all the same)")
        return
    years = changed_years(home, then, made)
    if years is not None and show:
        show(f"Only returns of {', '.join(map(str, years)) or 'no year'} are new: other years are kept")
    what = ["--selector", part if years is None else part + CAME, *(ONE_AT_A_TIME if core else ())]
    with timed(home, home.target) as lines:
        run_dbt(home, ["build", *NO_UNIT_TESTS, *what], _years(years), show=show, advance=advance)
    show_in_warehouse(home)
    record_build(home, made, part)
    for line in lines if show else []:
        show(line)


def run_dbt(
    home: Home,
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    show: Show | None = None,
    advance: Advance | None = None,
) -> None:
    """Run one dbt command on a home, from the project folder: paths in its sources resolve against it.

    ``environment`` adds to what dbt sees; ``show`` is called with each thing that is done, as it is done. With
    ``advance``, called with how many nodes are done, of how many, and the last, it is shown warnings alone.
    Raises ``DbtError`` with dbt's own messages when dbt fails.
    """
    home.warehouse.mkdir(parents=True, exist_ok=True)
    # -P: the project's own folders (tests, docs, models) must not be taken for Python packages.
    engine = _engine(arguments)
    module = "wres.dbt_on_cluster" if engine == "spark" and "SPARK_REMOTE" in os.environ else "wres.dbt_process"
    dbt = [sys.executable, "-P", "-m", module, "--log-format", "json", "--no-use-colors"]
    errors: list[str] = []
    last_lines: list[str] = []
    levels = ("warn",) if advance else ("info", "warn", "error")
    done = 0
    # Events for us to read, and dbt's own log as lines for people, which also takes a quarter of the room.
    told = {"DBT_LOG_FORMAT_FILE": "debug"} | os.environ | dbt_environment(home) | ALL_YEARS | dict(environment or {})
    with (
        # With other variables dbt parses all anew: nobody else has use for that.
        nullcontext() if "--vars" in arguments else saved_parse(Path(told["DBT_TARGET_PATH"]), engine),
        subprocess.Popen(
            [*dbt, *arguments],
            cwd=PROJECT,
            env=told,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            pass_fds=lock_files(),
        ) as process,
    ):
        for line in process.stdout or ():
            level, event, message, data = _read_line(line)
            if not message or event == STARTED:
                continue
            if advance and not event.startswith(HOOK) and (total := data.get("total") or data.get("num_models")):
                done += 1
                advance(done, total, data.get("node_info", {}).get("node_name", ""))
            last_lines = [*last_lines[-9:], message]
            if level == "error" and message not in errors:
                errors.append(message)
            if show is not None and level in levels:
                show(message)
    if process.returncode:
        # dbt's log keeps the traceback of what it did not expect.
        what = "\n".join(error.partition(TRACEBACK)[0] for error in errors or last_lines)
        what = what.strip() or f"it ended with code {process.returncode}"
        raise DbtError(f"`dbt {' '.join(arguments)}` failed:\n{what}{_advice(what, process.returncode)}")


def _years(years: Sequence[int] | None) -> dict[str, str]:
    """Return what tells dbt which years to build: all, some, or with 0 none."""
    return ALL_YEARS if years is None else {"WRES_YEARS": " ".join(map(str, years)) or "0"}


def dbt_environment(home: Home) -> dict[str, str]:
    """Return what dbt is told of a home and of the project, for whatever runs it."""
    return {
        "WRES_HOME": str(home.root),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(home.target),
        "DBT_LOG_PATH": str(home.warehouse / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def _engine(arguments: Sequence[str]) -> str:
    """Return the target that a dbt command names, or nothing where it takes the first."""
    return arguments[arguments.index("--target") + 1] if "--target" in arguments else ""


def _advice(what: str, code: int) -> str:
    """Return what to do where the machine, and not a model or the data, stopped a build; else nothing."""
    nothing_lost = "Nothing that was received or published is touched."
    if any(words in what for words in FULL):
        return (
            f"\nThe disk is full, or the space that may be used of it is. {nothing_lost} Make room, or name a folder "
            "with room in WRES_SPILL, then run this command again."
        )
    if any(words in what for words in OUT_OF_MEMORY):
        return f"\nThere was too little memory. {nothing_lost} Give more in WRES_MEMORY, or close what else runs."
    if code < 0:
        return f"\nIt was stopped from outside (signal {-code}). {nothing_lost} Run this command again."
    return ""


def _read_line(line: str) -> tuple[str, str, str, dict]:
    """Return level, event, message and data of a line of dbt's log; what is no event comes from Python itself."""
    try:
        said = json.loads(line)
        return said["info"]["level"], said["info"]["name"], said["info"]["msg"].strip(), said.get("data", {})
    except (ValueError, KeyError, TypeError):
        return "other", "", line.strip(), {}
