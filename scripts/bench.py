"""What a build costs, at several sizes, beside what else one would use; `make bench` prints the tables.

    python scripts/bench.py [--sizes 73x5,153x5] [--all] [--engines postgres,spark] [--engine-size 6x2]
        [--statsmodels ROWS] [--write]

Each size is built in a folder of its own that is deleted afterwards: synthetic returns straight as batches, `dbt build`
without unit tests, the floor (every statement that dbt ran, replayed in DuckDB), what an analyst would write and one
return more; of very many organisations the figures and their change alone, with much memory and with little. The other
engines are built first, beside DuckDB at a size of their own, PostgreSQL at the first of the sizes too. Figures are of
one run on one machine.
"""

import argparse
import ctypes
import json
import math
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from bench_analyst import MEASURES, RATE_CHANGES, RATES, RATIO
from bench_data import CORE, Size, copy_project, write_batches
from bench_receive import ORGANISATIONS, write_returns
from bench_receive import measure as receive_files
from postgres_server import NoPostgresError, postgres_server
from wres.engine import EngineError, engine_named
from wres.home import Home
from wres.reference import PROJECT, setting

DEFAULT = "73x5,153x5"
EVERY = "73x5,73x10,153x5,153x10,2000x5,2000x10,18000x10core"
ENGINES = {"postgres": "PostgreSQL", "spark": "Spark"}
SERVER_OF = {"postgres": "PGHOST", "spark": "SPARK_REMOTE"}  # what names a server that is there already
ENGINE_SIZE = "6x2"  # what Spark builds in minutes
MOST_NODES = 25
MOST_ORGANISATIONS = 5_000  # of which everything is built, and in memory
MUCH, LITTLE = "6GB", "2GB"  # DuckDB's memory for them
FIGURES = "the figures and their change, {}"
ONE_MORE_FIGURE = f"one return more to them, {MUCH}"
THREADS = str(min(2, os.cpu_count() or 1))
MOST_STATSMODELS = 5_000
PAGE = PROJECT / "docs" / "performance.md"
PR_SET_CHILD_SUBREAPER = 36  # of linux/prctl.h
BEGIN, END = "<!-- written by make bench -->", "<!-- end of what make bench writes -->"
# Counts exactly; values as near as the root that statsmodels finds.
NEAR = 1e-6
TABLES = ("fct_indicator", "fct_year_on_year")  # what the analyst's scripts make too
TWO_TABLES = "of it, the two tables"
THEIR_CHECKS = "of it, the checks of returns before them"
CHECKS = "quality"  # the folder of the models that check returns, which the scripts do not


class CommandError(Exception):
    """A command of the benchmark failed; the message has the end of what it said."""


@dataclass(frozen=True)
class Cost:
    """What one process took; ``rows`` is what it made, where that is known."""

    wall: float
    cpu: float
    memory: float
    rows: int = 0
    note: str = ""


def main() -> None:
    """Measure and print; end with code 1 where what an analyst's script computes is not what we compute."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=DEFAULT, help=f"organisations x years, with commas (default: {DEFAULT})")
    parser.add_argument("--all", action="store_true", help=f"all sizes: {EVERY}")
    parser.add_argument("--engines", default="", help="postgres, spark, with commas: beside DuckDB")
    parser.add_argument(
        "--engine-size",
        default=ENGINE_SIZE,
        help=f"where the engines are measured (default: {ENGINE_SIZE}); PostgreSQL also at the first of the sizes",
    )
    parser.add_argument("--statsmodels", type=int, default=MOST_STATSMODELS, help="rows that statsmodels is called for")
    parser.add_argument("--memory", default="4GB", help="most memory of DuckDB (default: 4GB, as in profiles.yml)")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/performance.md too")
    given = parser.parse_args()
    sizes = [_size(text) for text in (EVERY if given.all else given.sizes).split(",")]
    engines = [name for name in given.engines.split(",") if name]
    measured: dict[str, dict[str, Cost]] = {}
    engines_measured: dict[str, dict[str, Cost]] = {}
    profiled, nodes = "", {}

    def table() -> str:
        """Return what is measured so far; with --write, put it into the page, so that hours are not lost."""
        parts = (_table(measured, engines_measured), _growth(measured), _profile(profiled, nodes) if nodes else ())
        text = "\n".join([_machine(), *(line for part in parts if part for line in ("", *part))])
        if given.write:
            page = PAGE.read_text(encoding="utf-8")
            inside = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
            PAGE.write_text(inside.sub(lambda _: f"{BEGIN}\n{text}\n{END}", page), encoding="utf-8")
        return text

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        if engines:
            size = _size(given.engine_size)
            engines_measured[str(size)] = measure_engines(size, Path(folder) / "engines", engines, given.memory)
        for size in sizes:
            place = Path(folder) / str(size).replace(" ", "")
            beside = [name for name in engines if name == "postgres" and size == sizes[0]]
            if size.organisations > MOST_ORGANISATIONS:
                for what, cost in measure_many(size, place):
                    measured.setdefault(str(size), {})[what] = cost
                    table()
            else:
                measured[str(size)], nodes = measure(size, place, beside, given.statsmodels, given.memory)
                profiled = str(size)
                table()
            shutil.rmtree(place)
    print(table())


def measure(
    size: Size, place: Path, engines: Sequence[str], most: int, memory: str
) -> tuple[dict[str, Cost], dict[str, float]]:
    """Return what each way took at a size, and processor seconds of each of dbt's nodes."""
    project, home = copy_project(place / "project", size), place / "home"
    _say(f"{size}: writing synthetic returns")
    observations = write_batches(home / "batches", size, but_last=True)
    settings = {"WRES_MEMORY": memory}
    found = {}
    if size.organisations <= ORGANISATIONS:
        found["receive"] = _receive(size, place)
    found |= _parse(size, project, home)
    _say(f"{size}: dbt build of {observations:,} observations")
    log = {"DBT_LOG_FORMAT_FILE": "json", "DBT_LOG_LEVEL_FILE": "debug", "DBT_LOG_FILE_MAX_BYTES": "0"}
    built = _wres(project, home, ["build"], settings | log)
    rows = _rows(home)
    found["dbt build"] = Cost(built.wall, built.cpu, built.memory, rows)
    _say(f"{size}: the floor")
    found["the floor"], nodes = _floor(project, home, place, memory)
    for what, makers, made in zip((TWO_TABLES, THEIR_CHECKS), _makers(home), (rows, 0), strict=True):
        taken = [nodes[node] for node in makers if node in nodes]
        found[what] = Cost(*(sum(one[kind] for one in taken) for kind in ("wall", "cpu")), 0, made)
    for kind, title in (("statsmodels", "pandas, statsmodels"), ("pandas", "pandas, vectorised"), ("polars", "Polars")):
        _say(f"{size}: {title}")
        found[title] = _analyst(project, home, place, kind, most)
    _say(f"{size}: one return more")
    _late_comes(home)
    found["one return more"] = _wres(project, home, ["build"], settings)
    for name in engines:
        found[ENGINES[name]] = _engine(name, size, project, home)
    if size.is_core:
        _say(f"{size}: wres build --core")
        (home / "batches" / "late").rename(home / "late")
        found |= _core_and_one_more(project, home)
    return found, {node: taken["cpu"] for node, taken in nodes.items()}


def measure_many(size: Size, place: Path) -> Iterator[tuple[str, Cost]]:
    """Yield what a build of the figures and their change took, from nothing, with much memory and with little."""
    project, home = copy_project(place / "project", size), place / "home"
    _say(f"{size}: writing synthetic returns")
    observations = write_batches(home / "batches", size, but_last=True)
    yield from _parse(size, project, home).items()
    _say(f"{size}: wres build --core of {observations:,} observations, in {MUCH}")
    yield from _core_and_one_more(project, home)
    _say(f"{size}: the same in {LITTLE}")
    yield FIGURES.format(LITTLE), _core(project, home, LITTLE)


def _parse(size: Size, project: Path, home: Path) -> dict[str, Cost]:
    """Return what dbt took to parse the project anew, which it then keeps, and to see that nothing changed."""
    _say(f"{size}: dbt parse, from nothing and again")
    return {f"dbt parse, {how}": _dbt(project, home, ["parse"]) for how in ("from nothing", "again")}


def _core_and_one_more(project: Path, home: Path) -> Iterator[tuple[str, Cost]]:
    """Yield what a build of the figures and their change took, and another when the late return has come."""
    yield FIGURES.format(MUCH), _core(project, home, MUCH)
    _late_comes(home)
    yield ONE_MORE_FIGURE, _core(project, home, MUCH, is_anew=False)


def _core(project: Path, home: Path, memory: str, *, is_anew: bool = True) -> Cost:
    """Return what a build of the figures and their change took: from nothing, or of what came since the last."""
    if is_anew:
        shutil.rmtree(home / "warehouse", ignore_errors=True)
    try:
        built = _wres(project, home, ["build", "--core"], {"WRES_MEMORY": memory})
    except CommandError as error:
        # What else was measured is not lost by it.
        print(error, file=sys.stderr)
        return Cost(0, 0, 0, note="failed")
    return replace(built, rows=_rows(home))


def _late_comes(home: Path) -> None:
    (home / "late").rename(home / "batches" / "late")


def measure_engines(size: Size, place: Path, engines: Sequence[str], memory: str) -> dict[str, Cost]:
    """Return what a build took on DuckDB and on each of the engines."""
    project, home = copy_project(place / "project", size), place / "home"
    _say(f"{size}: DuckDB, beside the other engines")
    write_batches(home / "batches", size)
    found = {"DuckDB": _wres(project, home, ["build"], {"WRES_MEMORY": memory})}
    return found | {ENGINES[name]: _engine(name, size, project, home) for name in engines}


def _engine(name: str, size: Size, project: Path, home: Path) -> Cost:
    """Return what loading and a build took on an engine, its server or Java included; a note where it is not there."""
    _say(f"{size}: {ENGINES[name]}")
    is_counted = _adopt_orphans()
    try:
        with _ready(name, home) as where:
            took = _wres(project, home, ["build", "--engine", name], where)
    except (EngineError, NoPostgresError) as error:
        return Cost(0, 0, 0, note=f"not measured: {str(error).splitlines()[0]}")
    cpu, memory = _orphans()
    note = "" if is_counted and SERVER_OF[name] not in os.environ else "without what its server took"
    return Cost(took.wall, took.cpu + cpu, max(took.memory, memory), note=note)


@contextmanager
def _ready(name: str, home: Path) -> Iterator[Mapping[str, str]]:
    """Give the variables that name a server of the benchmark's own, having started it; none where there is another.

    Raises ``EngineError`` or ``NoPostgresError`` where the engine is not there.
    """
    engine = engine_named(name)
    if name == "postgres" and SERVER_OF[name] not in os.environ:
        with postgres_server() as server:
            yield server.environment
    else:
        engine.load(Home(home))
        yield {}


def _adopt_orphans() -> bool:
    """Become the parent of what commands leave behind, such as servers, so that they are counted: on Linux alone."""
    return sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def _orphans() -> tuple[float, float]:
    """Wait for what commands left behind; return its processor seconds, and the memory of the largest process."""
    cpu = memory = 0.0
    while True:
        try:
            _, _, used = os.wait4(-1, 0)
        except ChildProcessError:
            return cpu, memory
        cpu += used.ru_utime + used.ru_stime
        memory = max(memory, used.ru_maxrss * 1024)


def _receive(size: Size, place: Path) -> Cost:
    """Receive as many organisations' returns as files, in five rounds and for both services."""
    _say(f"{size}: writing returns as workbooks")
    paths = write_returns(place / "returns", size.organisations)
    _say(f"{size}: receiving {len(paths):,} workbooks")
    wall, cpu, memory = receive_files(place / "received", paths)
    return Cost(wall, cpu, memory, note=f"{len(paths):,} workbooks, five rounds")


def _size(text: str) -> Size:
    organisations, years, core = re.fullmatch(r"(\d+)x(\d+)(core)?", text).groups()
    return Size(int(organisations), int(years), is_core=bool(core))


def _dbt(project: Path, home: Path, arguments: list[str], settings: Mapping[str, str] | None = None) -> Cost:
    warehouse = home / "warehouse"
    warehouse.mkdir(parents=True, exist_ok=True)
    folders = {"DBT_TARGET_PATH": str(warehouse / "target"), "DBT_LOG_PATH": str(warehouse / "logs")}
    dbt = [sys.executable, "-P", "-m", "wres.dbt_process", "--quiet"]
    return _run([*dbt, *arguments], project, home, folders | dict(settings or {}))


def _wres(project: Path, home: Path, arguments: list[str], settings: Mapping[str, str] | None = None) -> Cost:
    return _run([sys.executable, "-P", "-m", "wres.cli", *arguments], project, home, settings)


def _floor(project: Path, home: Path, place: Path, memory: str) -> tuple[Cost, dict[str, dict[str, float]]]:
    script = str(PROJECT / "scripts" / "bench_floor.py")
    database = place / "floor" / "warehouse.duckdb"
    database.parent.mkdir()
    logs = str(home / "warehouse" / "logs")
    said: list[str] = []
    cost = _run([sys.executable, script, logs, str(database), THREADS, memory], project, home, said=said)
    took = json.loads("".join(said))
    shutil.rmtree(database.parent)
    shutil.rmtree(logs)
    nodes = {name: {"wall": wall, "cpu": cpu} for name, (wall, cpu) in took["nodes"].items()}
    return Cost(took["wall"], took["cpu"], cost.memory, note=f"{took['statements']:,} statements"), nodes


def _analyst(project: Path, home: Path, place: Path, kind: str, most: int) -> Cost:
    out = place / kind
    script = str(PROJECT / "scripts" / "bench_analyst.py")
    said: list[str] = []
    cost = _run([sys.executable, script, kind, str(home), str(out), str(most)], project, home, said=said)
    took = json.loads("".join(said))
    unlike = _unlike(home, out, is_all=took["share"] == 1, bounds_too=kind != "statsmodels")
    if unlike:
        sys.exit(f"{kind}: {unlike:,} figures are not ours.")
    note = "" if took["share"] == 1 else f"statsmodels called for {took['share']:.1%} of the rows, its time scaled up"
    return Cost(took["wall"], took["cpu"], cost.memory, took["rows"], note)


def _run(
    command: list[str],
    project: Path,
    home: Path,
    settings: Mapping[str, str] | None = None,
    said: list[str] | None = None,
) -> Cost:
    """Run a process and return what it, and what it started, took."""
    environment = os.environ | {
        "WRES_HOME": str(home),
        "PYTHONPATH": str(project / "scripts"),
        "WRES_THREADS": THREADS,
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=project, env=environment | dict(settings or {}), stdout=subprocess.PIPE, text=True
    ) as process:
        output = process.stdout.read() if process.stdout else ""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode:
        raise CommandError(f"{' '.join(command)} ended with {process.returncode}:\n{output[-3000:]}")
    if said is not None:
        said.append(output)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, used.ru_maxrss * 1024)


def _rows(home: Path) -> int:
    """Return the rows that are worked out and kept of the two tables: published are copies of some beside them."""
    with duckdb.connect(str(home / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        query = " + ".join(f"(select count(*) from marts.{name})" for name in TABLES)
        return connection.execute(f"select {query}").fetchone()[0]


def _makers(home: Path) -> tuple[set[str], set[str]]:
    """Return the models of the two tables and what those rest on, and beside these the checks of returns among it."""
    manifest = json.loads((home / "warehouse" / "target" / "manifest.json").read_text(encoding="utf-8"))
    parents = manifest["parent_map"]
    found, found_last = set(), {node for node in parents if node.split(".")[-1] in TABLES}
    while found_last:
        found |= found_last
        found_last = {parent for node in found_last for parent in parents[node]} - found
    models = {node for node in found if node.startswith("model.")}
    checks = {node for node in models if CHECKS in manifest["nodes"][node]["fqn"]}
    return models - checks, checks


def _unlike(home: Path, out: Path, *, is_all: bool, bounds_too: bool) -> int:
    """Return how many of a script's figures are not in our tables or are others there, and of ours not in the script's.

    A figure that we give no value must have its reason. Without ``is_all`` the script measured some rows only: the
    others are compared by their counts. Where a group has no event, or has it throughout, a limit lies at a bound, and
    statsmodels' search may end elsewhere: without ``bounds_too`` the values there are left out.
    """
    # Their England has a name of its own. By equality alone, so that the join is hashed.
    same_figure = f"""
        theirs.collection_year = ours.collection_year and theirs.area_level = ours.area_level
        and case when theirs.area_level = 'national' then '{setting("england_code")}' else theirs.area_code end
        = ours.area_code
        and theirs.service = ours.service and theirs.indicator_code = ours.indicator_code
        and theirs.breakdown = ours.breakdown and theirs.comparison_group = ours.comparison_group
    """
    is_like = "ours.collection = 'sc-wres' and ours.definition = 'as_collected' and ours.reference_group = 'white'"
    # Of an organisation's services the script computes each, and of England's panels both.
    is_asked = f"""
        {is_like} and ours.area_level in ('organisation', 'national')
        and (ours.area_level = 'national' or ours.service != 'all')
        and ours.comparison_group in (select distinct comparison_group from theirs)
    """
    same_counts = """
        theirs.x1 is not distinct from ours.numerator and theirs.n1 is not distinct from ours.denominator
        and theirs.x2 is not distinct from ours.reference_numerator
        and theirs.n2 is not distinct from ours.reference_denominator
    """
    unlike = 0
    with duckdb.connect(str(home / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        for table, join, asked, years, value, reason, measured in (
            (
                *("indicator", "", "", [""], "relative_likelihood", "value_note"),
                ({name: name for name in MEASURES}, _limits(RATES)),
            ),
            (
                *("year_on_year", "and theirs.panel = ours.panel"),
                *("and (ours.panel = 'all' or ours.area_level = 'national')", ["", "_before"]),
                *("ratio_of_ratios", "comparability_note"),
                (
                    dict(zip(RATIO, ("ratio_of_ratios", "lower_95", "upper_95", "p_value"), strict=True)),
                    _limits(RATE_CHANGES),
                ),
            ),
        ):
            is_compared = bounds_too or " and ".join(
                f"theirs.x{group}{year} between 1 and theirs.n{group}{year} - 1" for group in (1, 2) for year in years
            )
            near = " and ".join(_near(names, is_all=is_all) for names in measured)
            connection.execute(f"create or replace temp view theirs as from '{out / table}.parquet'")
            unlike += connection.execute(
                f"""
                select count(*) from theirs
                full join (from published.{table} as ours where {is_asked} {asked}) as ours on {same_figure} {join}
                where case
                    when ours.collection is null then true
                    when theirs.service is null then ours.{value} is not null or ours.{reason} is null
                    when not ({same_counts}) then true
                    when ours.{value} is null and ours.{reason} is not null then false
                    else {is_compared} and not ({near})
                end
                """
            ).fetchone()[0]
    return unlike


def _near(names: Mapping[str, str], *, is_all: bool) -> str:
    """Return SQL that is true where all of the script's values are ours, or where it measured none of them."""
    mine = {name: f"nullif(theirs.{name}, 'nan'::double)" for name in names}
    near = " and ".join(
        f"coalesce(abs({value} - ours.{names[name]}) <= {NEAR} * greatest(abs(ours.{names[name]}), {NEAR}), "
        f"{value} is null and ours.{names[name]} is null)"
        for name, value in mine.items()
    )
    return f"({near})" if is_all else f"({next(iter(mine.values()))} is null or {near})"


def _limits(names: Sequence[str]) -> dict[str, str]:
    """Return what our tables call the scripts' limits."""
    return {name: f"{name}_95" for name in names}


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    model = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if "model name" in line), "")
    versions = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    load = os.getloadavg()[0]
    busy = f" Other work ran beside it (load {load:.1f}): wall times are too high." if load > os.cpu_count() + 1 else ""
    return (
        f"{platform.system()} {platform.machine()}, {model or 'processor not named'}, {os.cpu_count()} processors, "
        f"{memory:.0f} GB of memory; {THREADS} threads; {versions}.{busy}"
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []


def _table(measured: Mapping[str, Mapping[str, Cost]], engines_measured: Mapping[str, Mapping[str, Cost]]) -> list[str]:
    lines = [
        "| organisations x years | what | wall, s | CPU, s | memory, GB | rows | note |",
        "| --- | --- " + "| ---: " * 4 + "| --- |",
    ]
    for size, costs in (*measured.items(), *engines_measured.items()):
        lines += [
            f"| {size} | {what} | {_seconds(one.wall)} | {_seconds(one.cpu)} | {_gigabytes(one.memory)} "
            f"| {_count(one.rows)} | {one.note} |"
            for what, one in costs.items()
        ]
    for size, costs in _whole(measured).items():
        ours, checks, theirs = costs[TWO_TABLES], costs[THEIR_CHECKS], costs["pandas, statsmodels"]
        more = ours.rows / theirs.rows
        above = costs["dbt build"].wall - costs["dbt parse, again"].wall
        lines += [
            "",
            f"{size}: the two tables, with {more:,.1f} times the rows, are there {theirs.wall / ours.wall:,.0f} times "
            "faster than by pandas with statsmodels called for each row, in "
            f"{theirs.cpu / ours.cpu:,.0f} times less processor time, row for row {theirs.cpu / ours.cpu * more:,.0f} "
            "times; with the checks of returns, which no script has, "
            f"{theirs.wall / (ours.wall + checks.wall):,.0f} times faster; `dbt build` less start-up and parse takes "
            f"{above / costs['the floor'].wall:.2f} times the floor; one return more takes "
            f"{costs['one return more'].wall / costs['dbt build'].wall:.0%} of a full build.",
        ]
    for size, costs in measured.items():
        if ONE_MORE_FIGURE in costs and (whole := costs[FIGURES.format(MUCH)].wall):
            share = costs[ONE_MORE_FIGURE].wall / whole
            lines += ["", f"{size}, the figures and their change: one return more takes {share:.0%} of a full build."]
    return lines


def _whole(measured: Mapping[str, Mapping[str, Cost]]) -> dict[str, Mapping[str, Cost]]:
    """Return the sizes of which everything was built."""
    return {size: costs for size, costs in measured.items() if "dbt build" in costs}


def _growth(measured: Mapping[str, Mapping[str, Cost]]) -> list[str]:
    """Return how time and memory grow with the rows, from the smallest to the largest size that measured the same: 1 is
    in proportion, less is slower. At another grain the same returns make other rows.
    """
    lines = []
    for is_core in (False, True):
        rows = {
            size: max(cost.rows for cost in costs.values())
            for size, costs in measured.items()
            if (CORE in size) == is_core
        }
        sizes = sorted(filter(rows.get, rows), key=rows.get)
        for what in dict.fromkeys(what for size in sizes for what in measured[size]):
            having = [size for size in sizes if what in measured[size] and measured[size][what].cpu]
            if len(having) > 1:
                first, last = having[0], having[-1]
                more = math.log(rows[last] / rows[first])
                powers = [
                    f"{math.log(getattr(measured[last][what], kind) / before) / more:.2f}"
                    if (before := getattr(measured[first][what], kind))
                    else ""
                    for kind in ("cpu", "memory")
                ]
                lines.append(f"| {what} | {first} | {last} | {' | '.join(powers)} |")
    if not lines:
        return []
    return [
        "How processor time and memory grow, as a power of the number of rows (1 is in proportion):",
        "",
        "| what | from | to | CPU | memory |",
        "| --- | --- | --- | ---: | ---: |",
        *lines,
    ]


def _profile(size: str, nodes: Mapping[str, float]) -> list[str]:
    """Return where the processor's time goes in DuckDB: the costliest nodes, and the rest by kind."""
    total = sum(nodes.values())
    lines = [f"Where DuckDB's time goes at {size}:", "", "| node | CPU, s | share |", "| --- | ---: | ---: |"]
    first = sorted(nodes.items(), key=lambda node: -node[1])[:MOST_NODES]
    lines += [f"| {_short(name)} | {cpu:,.1f} | {cpu / total:.0%} |" for name, cpu in first]
    for kind in ("seed", "model", "test"):
        of_kind = sum(cpu for name, cpu in nodes.items() if name.startswith(f"{kind}."))
        lines.append(f"| all {kind}s | {of_kind:,.1f} | {of_kind / total:.0%} |")
    return lines


def _short(node: str) -> str:
    parts = node.split(".")
    return f"{parts[0]} `{parts[2][:70]}`" if len(parts) > 2 else node


def _seconds(value: float) -> str:
    return f"{value:,.1f}" if value else ""


def _gigabytes(value: float) -> str:
    return f"{value / 1e9:.1f}" if value else ""


def _count(rows: int) -> str:
    return f"{rows:,}" if rows else ""


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except CommandError as error:
        sys.exit(str(error))
