"""Measure receiving: 153 organisations, 2 services, 5 rounds; `make bench-receive` prints the figures.

The returns are synthetic. The form has four rounds so far: the fifth is a corrected version of the latest.
"""

import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from wres.form import Entry, form_years, write_form
from wres.sample import plan_sample

ORGANISATIONS = 153
VERSIONS = 5
MOST_SECONDS = 120
MOST_BYTES = 1.5e9


def write_returns(folder: Path, organisations: int = ORGANISATIONS) -> list[Path]:
    """Write the returns: synthetic figures of some organisations, given to all of them in turn."""
    from wres.form import round_of
    from wres.organisations import organisations_on

    folder.mkdir(parents=True)
    paths = []
    rounds = [(year, 1) for year in form_years()]
    rounds += [(form_years()[-1], version) for version in range(2, 2 + VERSIONS - len(rounds))]
    for year, version in rounds:
        drawn = plan_sample(years=[year])
        known = organisations_on(round_of(year)[0])
        for service in ("adults", "children"):
            figures = [one for one in drawn if one.service == service]
            codes = sorted(code for code, organisation in known.items() if service in organisation.services)
            for number, code in enumerate(codes[:organisations]):
                one = figures[number % len(figures)]
                later = {"signed_off_on": one.cover["signed_off_on"] + timedelta(days=14 * (version - 1))}
                cover: dict[str, Entry] = dict(one.cover) | later
                path = folder / f"{year}-{number}-{service}-v{version}-synthetic.xlsx"
                write_form(
                    path,
                    year,
                    code,
                    service,
                    one.scheme,
                    values=one.values,
                    records=one.records,
                    cover=cover,
                    version=version,
                    synthetic=True,
                )
                paths.append(path)
    return paths


def measure(home: Path, paths: list[Path]) -> tuple[float, float, float]:
    """Receive files in a process of its own: seconds, processor seconds and most memory (bytes)."""
    command = [sys.executable, "-m", "wres.cli", "receive", *map(str, paths)]
    start = time.perf_counter()
    with subprocess.Popen(
        command, env=os.environ | {"WRES_HOME": str(home)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        said = run.stdout.read() if run.stdout else ""
        _, _, used = os.wait4(run.pid, 0)
        seconds = time.perf_counter() - start
        run.returncode = 0
    if "Received" not in said:
        raise SystemExit(said)
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def main() -> None:
    """Print what receiving costs."""
    with tempfile.TemporaryDirectory() as folder:
        print("Writing synthetic returns ...", flush=True)
        start = time.perf_counter()
        paths = write_returns(Path(folder) / "returns")
        print(f"{len(paths):,} returns written in {time.perf_counter() - start:.0f} s")
        home = Path(folder) / "home"
        print(f"{'what':44} {'wall':>7} {'CPU':>7} {'memory':>8}")
        for what, some in ((f"{len(paths) - 1:,} returns, nothing received before", paths[1:]), ("1 more", paths[:1])):
            seconds, processor, memory = measure(home, some)
            print(f"{what:44} {seconds:5.1f} s {processor:5.1f} s {memory / 1e6:5.0f} MB", flush=True)
        seconds, processor, memory = measure(Path(folder) / "other", paths[:1])
        print(f"{'1 return, nothing received before':44} {seconds:5.1f} s {processor:5.1f} s {memory / 1e6:5.0f} MB")
        print(f"Held to: {MOST_SECONDS} s and {MOST_BYTES / 1e9:.1f} GB for all of them; 10 s for one.")


if __name__ == "__main__":
    main()
