"""dbt around the warehouse: run as a subprocess, so that it never holds the database after it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from wres.home import Home, WresError, lock_files
from wres.made_from import forget_build, made_from, record_build
from wres.reference import PROJECT

Show = Callable[[str], None]
STARTED = "LogStartLine"  # dbt's event when it takes up a node; the one when it has done it is enough


class DbtError(WresError):
    """dbt ended with an error; the message is dbt's own."""


def build(home: Home, show: Show | None = None) -> None:
    """Build and test the whole warehouse from the committed batches.

    Unit tests are left out: they test the code, which ``make test`` does, and not the data. Releases and
    what is made from them are left out by the default selector (``selectors.yml``). What it was built from is
    written down for ``wres publish``.
    Raises ``DbtError`` when a model or a test fails.
    """
    made = made_from(home)
    forget_build(home)
    run_dbt(home, ["build", "--exclude-resource-type", "unit_test"], show=show)
    record_build(home, made)


def run_dbt(
    home: Home,
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    show: Show | None = None,
) -> None:
    """Run one dbt command on a home, from the project folder: paths in its sources resolve against it.

    ``environment`` adds to what dbt sees; ``show`` is called with each thing that is done, as it is done.
    Raises ``DbtError`` with dbt's own messages when dbt fails.
    """
    home.warehouse.mkdir(parents=True, exist_ok=True)
    # -P: the project's own folders (tests, docs, models) must not be taken for Python packages.
    dbt = [sys.executable, "-P", "-m", "dbt.cli.main", "--log-format", "json", "--no-use-colors"]
    errors: list[str] = []
    last_lines: list[str] = []
    with subprocess.Popen(
        [*dbt, *arguments],
        cwd=PROJECT,
        env=os.environ | dbt_environment(home) | dict(environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        pass_fds=lock_files(),
    ) as process:
        for line in process.stdout or ():
            level, event, message = _read_line(line)
            if not message or event == STARTED:
                continue
            last_lines = [*last_lines[-9:], message]
            if level == "error" and message not in errors:
                errors.append(message)
            if show is not None and level in ("info", "warn", "error"):
                show(message)
    if process.returncode:
        what = "\n".join(errors or last_lines) or f"it ended with code {process.returncode}"
        raise DbtError(f"`dbt {' '.join(arguments)}` failed:\n{what}")


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


def _read_line(line: str) -> tuple[str, str, str]:
    """Return level, event and message of one line of dbt's log; what is no event comes from Python itself."""
    try:
        said = json.loads(line)["info"]
        return said["level"], said["name"], said["msg"].strip()
    except (ValueError, KeyError, TypeError):
        return "other", "", line.strip()
