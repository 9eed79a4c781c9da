"""The `wres` command. Each sub-command imports what it needs, so that `--help` answers at once."""

import sys
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from pathlib import Path

import click

from wres.home import Home, WresError, open_home
from wres.pack_content import counted

MOST_SHOWN = 20  # errors of one rule in one file
RECEIVED = "received"  # what --prefill means without a file
DAY = click.DateTime(formats=["%Y-%m-%d"])


class Commands(click.Group):
    """Commands in the order in which they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands as they were added."""
        return list(self.commands)


def plainly(command: Callable) -> Callable:
    """Show an error that the user can mend as one message, without a traceback, and end with code 1."""

    @wraps(command)
    def run(*arguments: object, **options: object) -> object:
        try:
            return command(*arguments, **options)
        except (WresError, ValueError, OSError) as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)

    return run


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """The open data warehouse for the Social Care Workforce Race Equality Standard (SC-WRES).

    Files are kept under WRES_HOME (default: the project folder). The usual order is receive, build, publish.
    """


@main.command()
@click.option("--year", type=int, required=True, help="Collection year, such as 2025.")
@click.option("--organisation", help="Organisation code, such as E10000016; left open where not given.")
@click.option("--service", type=click.Choice(["adults", "children"]), help="Service; left open where not given.")
@click.option(
    "--groups",
    "scheme",
    help="Ethnic groups that the form has (default: those of the return carried over, else census_2021_19).",
)
@click.option(
    "--prefill",
    is_flag=False,
    flag_value=RECEIVED,
    help="Return of an earlier year whose figures stand beside this year's cells; without a file, the one received.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@plainly
def form(  # noqa: PLR0913 - one parameter for each option
    *,
    year: int,
    organisation: str | None,
    service: str | None,
    scheme: str | None,
    prefill: str | None,
    out: Path | None,
) -> None:
    """Write a blank form (xlsx) for a return.

    Example: wres form --year 2025 --organisation E10000016 --service adults --out kent-adults.xlsx
    """
    from wres.form import DEFAULT_SCHEME, write_form
    from wres.form_last_year import carry_over, from_home, from_workbook

    last_year = None
    if prefill == RECEIVED:
        if organisation is None or service is None:
            raise WresError("--prefill without a file needs --organisation and --service, to find the return received.")
        last_year = from_home(open_home(), year, organisation, service)
    elif prefill is not None:
        last_year = carry_over(from_workbook(Path(prefill)), year, organisation, service)
    if last_year is not None:
        organisation, service, scheme = last_year.organisation_code, last_year.service, scheme or last_year.scheme
    name = "-".join(str(part) for part in ("sc-wres", year, organisation, service) if part)
    path = out or Path(f"{name}.xlsx")
    if path.exists():
        raise WresError(f"{path} is there already, perhaps filled in. Give another name with --out.")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_form(path, year, organisation, service, scheme or DEFAULT_SCHEME, last_year=last_year)
    click.echo(f"Form for {year} written to {path}.")
    if last_year is not None:
        made_up = "synthetic " if last_year.is_synthetic else ""
        click.echo(f"Beside its cells stand the {made_up}figures of {last_year.year}, for comparison only.")
        if last_year.plan:
            left = counted(len(last_year.plan), "action")
            click.echo(f"Its action plan goes on with {left} neither done nor stopped: say how far each has come.")


@main.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to (default: sample).")
@click.option("--seed", type=int, help="Number that the figures are drawn from.")
@click.option("--years", help="Collection years, with commas between (default: all that have a form).")
@click.option(
    "--organisations",
    type=click.IntRange(min=1),
    help="Organisations a year (default: as in the real rounds).",
)
@click.option("--moderate", is_flag=True, help="Write nothing: decide on what waits of synthetic returns received.")
@plainly
def sample(out: Path | None, seed: int | None, years: str | None, organisations: int | None, moderate: bool) -> None:
    """Write synthetic returns, always the same bytes for the same options.

    \b
    Examples:
      wres sample --years 2024,2025 --organisations 10 --out few
      wres sample --moderate
    """
    if moderate:
        from wres.sample_moderation import moderate_sample

        home = open_home()
        with home.locked("wres sample"):
            number = moderate_sample(home)
        click.echo(f"A synthetic moderator decided on {counted(number, 'text')}.")
        return
    from wres.sample import write_sample

    options: dict[str, object] = {"organisations": organisations}
    if seed is not None:
        options["seed"] = seed
    if years:
        try:
            options["years"] = [int(year) for year in years.split(",")]
        except ValueError:
            raise WresError(f"--years takes years with commas between, such as 2024,2025; not '{years}'.") from None
    folder = out or open_home().root / "sample"
    with _progress("Writing synthetic returns") as advance:
        paths = write_sample(folder, progress=lambda done, total, path: advance(done, total, path.name), **options)
    click.echo(f"{len(paths)} synthetic returns written to {folder}.")


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--published-on", type=DAY, help="Publication date of statistics files, as the publisher states it.")
@plainly
def receive(paths: tuple[Path, ...], published_on: date | None) -> None:
    """Receive returns (xlsx) and official statistics (csv): read, check and keep them as one batch.

    Ends with code 1 when a file was refused or a cell is in error; the other files are received all the same.

    Example: wres receive returns/*.xlsx
    """
    from wres.receive import receive as receive_files

    home = open_home()
    with home.locked("wres receive", on_wait=_tell), _progress("Reading files") as advance:
        done = iter(range(1, len(paths) + 1))
        stated = published_on.date() if published_on else None
        packs = iter(range(1, sys.maxsize))
        receipt = receive_files(
            home,
            list(paths),
            stated,
            lambda name: advance(next(done), len(paths), name),
            lambda folder: advance(next(packs), len(paths), f"correction pack {folder.parent.name}"),
        )
    _show_receipt(home, receipt, published_on is not None)
    sys.exit(0 if receipt.is_clean else 1)


@main.command()
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "postgres", "spark"]),
    default="duckdb",
    help="Where to build: DuckDB, which is part of this program, or a server (default: duckdb).",
)
@click.option("--anew", is_flag=True, help="Make every table anew, whatever has changed.")
@plainly
@click.option("--core", is_flag=True, help="Build the figures and their change alone, not what wres publish needs.")
def build(engine: str, anew: bool, core: bool) -> None:
    """Build and test the warehouse from every batch received (dbt build).

    Where only returns are new since the last build, the large tables keep the years that those do not touch; where
    nothing is, there is nothing to build.

    Example: wres build

    Example: wres build --anew

    Example: wres build --core

    Example: PGHOST=db.example.org PGUSER=wres wres build --engine postgres
    """
    from wres.retention import tidy
    from wres.warehouse import build as build_warehouse

    home = open_home()
    with home.locked("wres build"), _progress("Building") as advance:
        tidy(home)
        if engine == "duckdb":
            build_warehouse(home, show=click.echo, advance=advance, anew=anew, core=core)
            built = home.shown(home.database)
        else:
            from wres.engine import build_on

            built = build_on(engine, home, show=click.echo, advance=advance)
    click.echo(f"Warehouse built: {built}")


@main.command()
@click.option("--date", "release_date", type=DAY, help="Date that the release is labelled with (default: today).")
@click.option("--force", is_flag=True, help="Make a release even where nothing has changed.")
@plainly
def publish(release_date: date | None, force: bool) -> None:
    """Check what was built, keep it as a release, and give readers the new database in one move.

    Example: wres publish --date 2026-03-31
    """
    from wres.publish import publish as publish_release

    home = open_home()
    day = release_date.date() if release_date else date.today()
    with home.locked("wres publish"):
        outcome = publish_release(home, day, force=force, show=click.echo)
    for query in outcome.queries:
        click.echo(f"Query: {query}")
    made = "made" if outcome.is_new else "stands: nothing has changed since"
    click.echo(f"Release {outcome.release.release_id} {made}.")
    click.echo(f"Published: {home.shown(outcome.database)} (checks: {home.shown(outcome.data_docs)})")


@main.command()
@click.option("--year", type=int, help="Collection year of the register (default: the latest round that has opened).")
@click.option(
    "--date", "day", type=DAY, help="Day that the register is of: what is overdue, days left (default: today)."
)
@plainly
def status(year: int | None, day: date | None) -> None:
    """Show the register of a round: who gave what and who acts next; and what was received, built and published.

    Example: wres status --year 2025 --date 2025-10-15
    """
    from wres.status import show_status

    show_status(open_home(), year, day.date() if day else date.today())


@main.command("open")
@click.option("--date", "release_date", type=DAY, help="Date that the release is labelled with (default: today).")
@plainly
def open_tables(release_date: date | None) -> None:
    """Make an open release: hide what could point to people, attack it, and write a bundle for the public.

    Example: wres open --date 2026-03-31
    """
    from wres.open_release import release_open

    home = open_home()
    with home.locked("wres open"):
        outcome = release_open(home, release_date.date() if release_date else date.today(), show=click.echo)
    click.echo(f"Gate passed: {len(outcome.audit.targets):,} hidden counts attacked, none could be worked out.")
    click.echo(f"Open release {outcome.release_id}: {home.shown(outcome.folder / 'index.html')}")


@main.command()
@click.option("--release", "release_id", help="Open release to make it from, such as 2026-03-31-1 (default: last one).")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write to, anew (default: reports/national/ and the release's name).",
)
@plainly
def report(release_id: str | None, out: Path | None) -> None:
    """Make the national report from an open release: a folder of pages for a browser, from disk or any web server.

    \b
    Examples:
      wres report
      wres report --release 2026-03-31-1 --out report
    """
    from wres.report import make_report
    from wres.report_release import find_open_release

    home = open_home()
    release = find_open_release(home, release_id)
    folder = out or home.reports / "national" / release.name
    with _progress("Making the national report") as advance:
        pages = make_report(release, folder, advance)
    click.echo(f"National report of {counted(len(pages), 'page')}: {home.shown(folder / pages[0].name)}")


# What follows MetricFlow's own command is for MetricFlow, options too.
@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
@plainly
def metrics(arguments: tuple[str, ...]) -> None:
    """Ask the warehouse for metrics by name, with MetricFlow's own commands: query, list and more.

    Example: wres metrics query --metrics figures --group-by figure__area_level
    """
    from wres.metrics import run_metricflow

    home = open_home()
    with home.locked("wres metrics", on_wait=_tell):
        run_metricflow(home, arguments)


@main.command()
@click.option("--as-of", type=DAY, help="Day of which to name the release that readers had, such as 2026-03-31.")
@click.option("--release", "release_id", help="Name of a release, such as 2026-03-31-1.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Database to write the release to.")
@plainly
def releases(as_of: datetime | None, release_id: str | None, out: Path | None) -> None:
    """List the releases, or give an old one back as a database: what did we say then?

    Example: wres releases --as-of 2026-03-31 --out march.duckdb
    """
    from wres.publish import write_database
    from wres.releases import find_release, in_force, list_releases

    home = open_home()
    there = list_releases(home)
    if as_of is not None and release_id is not None:
        raise WresError("Give --as-of or --release, not both.")
    if as_of is not None:
        found = in_force(there, as_of.date())
        if found is None:
            raise WresError(f"Nothing had been released by {as_of.date()}.")
        there = [found]
    elif release_id is not None:
        there = [find_release(home, release_id)]
    elif out is not None:
        raise WresError("--out needs a release: name it with --release, or with --as-of.")
    for release in there:
        rows = sum(table.rows for table in release.tables.values())
        click.echo(f"{release.release_id}  {counted(len(release.tables), 'table')}, {rows:,} rows. {release.label}.")
        click.echo(f"  {home.shown(home.releases / release.release_id)}/")
    if not there:
        click.echo("Nothing has been released yet. Next: wres build, then wres publish")
    if out is not None:
        write_database(home, there[0], out)
        click.echo(f"Written: {out}")


@main.command()
@click.argument("release_id", metavar="RELEASE")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Empty folder to leave the files in.")
@plainly
def rebuild(release_id: str, out: Path | None) -> None:
    """Make a release again from its batches, and compare every file with it byte for byte.

    Needs the code that made it: where a definition, a program or a batch is another, that is said and nothing is made.

    Example: wres rebuild 2026-03-31-1
    """
    from wres.rebuild import rebuild as rebuild_release

    home = open_home()
    with home.locked("wres rebuild"):
        release = rebuild_release(home, release_id, out, click.echo)
    click.echo(
        f"Release {release_id} was made again: {counted(len(release.files), 'file')}, each the same to the byte."
    )


@main.command()
@click.option("--year", type=int, help="Collection year; all years where it is not given.")
@click.option("--organisation", help="Organisation code, such as E10000016; all organisations where it is not given.")
@click.option("--service", type=click.Choice(["adults", "children"]), help="Service; both where it is not given.")
@plainly
def pack(year: int | None, organisation: str | None, service: str | None) -> None:
    """Write the correction packs of current returns again: what must be fixed, what is asked, what changed.

    `wres receive` writes the pack of what it has just received. Write it again when something else has come that
    the return is compared with.

    Example: wres pack --year 2025 --organisation E10000016
    """
    from wres.pack import current_returns, write_packs

    home = open_home()
    with home.locked("wres pack"), _progress("Writing correction packs") as advance:
        returns = current_returns(home, year, organisation, service)
        done = iter(range(1, len(returns) + 1))
        folders = write_packs(home, returns, lambda folder: advance(next(done), len(returns), folder.parent.name))
    place = folders[0] if len(folders) == 1 else home.reports
    click.echo(f"{counted(len(folders), 'correction pack')} written to {home.shown(place)}.")


@main.command()
@click.option("--year", type=int, help="Collection year (default: the latest in the current release).")
@click.option("--organisation", help="Organisation code, such as E10000016.")
@click.option("--all", "everybody", is_flag=True, help="Every organisation that returned.")
@plainly
def results(year: int | None, organisation: str | None, everybody: bool) -> None:
    """Write an organisation's results: its own figures in full beside others that stay anonymous, as a page and a
    workbook.

    The figures are those of the current release. A comparator is shown only where it is proved that it gives no small
    count of another organisation away, beside all that it was told before.

    Example: wres results --year 2025 --organisation E10000016
    """
    from wres.results import write_results

    if everybody == (organisation is not None):
        raise WresError("Name one organisation with --organisation, or ask for all that returned with --all.")
    home = open_home()
    with home.locked("wres results"), _progress("Writing results") as advance:
        folders = write_results(home, year, organisation, advance)
    place = folders[0] if len(folders) == 1 else folders[0].parent
    click.echo(f"Results of {counted(len(folders), 'organisation')} written to {home.shown(place)}.")


@main.command()
@click.option("--organisation", required=True, help="Organisation code, such as E10000016.")
@click.option("--year", type=int, help="Collection year (default: every year).")
@click.option("--service", type=click.Choice(["adults", "children"]), help="Service (default: both).")
@click.option("--requested-by", required=True, help="Role of the person who asked for it. No names.")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@plainly
def withdraw(organisation: str, year: int | None, service: str | None, requested_by: str, yes: bool) -> None:
    """Withdraw an organisation's returns at its request, and erase what was kept of them.

    What stays is who asked for it, what it was and when; no figures. From the next release on it is gone; releases
    already made are not changed.

    Example: wres withdraw --organisation E10000016 --year 2025 --service adults --requested-by "Director of adults"
    """
    from wres.retention import withdraw as withdraw_returns

    what = " ".join(str(part) for part in (organisation, year, service) if part is not None)
    if not yes:
        click.confirm(f"Erase every return of {what}? This cannot be undone.", abort=True)
    home = open_home()
    with home.locked("wres withdraw"):
        withdrawal = withdraw_returns(home, organisation, year, service, requested_by)
    keys = ["organisation_name", "service", "collection_year"]
    for (name, of, when), versions in withdrawal.returns.groupby(keys):
        click.echo(f"Withdrawn: {name}, {of}, {int(when)} ({counted(len(versions), 'version')})")
    click.echo("Next: wres build, then wres publish")


@main.command()
@click.option("--approve", multiple=True, help="Name of what others may read or count; may be given several times.")
@click.option("--refuse", multiple=True, help="Name of what is to be left out; may be given several times.")
@click.option(
    "--from",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV file of decisions with the columns name, decision (approved or refused) and quotation.",
)
@click.option("--role", help="Role of the person who decides. No names.")
@click.option("--date", "decided_on", type=DAY, help="Day of the decision (default: today).")
@plainly
def moderate(
    approve: tuple[str, ...],
    refuse: tuple[str, ...],
    file: Path | None,
    role: str | None,
    decided_on: date | None,
) -> None:
    """Read what waits for a moderator, or decide on it.

    Good practice and the words of action plans are shown to others once they are approved. An account of experience is
    counted once it is approved; of its words others read only what is quoted, where the person agreed to that. Refuse
    what could tell who somebody is.

    \b
    Examples:
      wres moderate
      wres moderate --approve 3f9a12c7:good_practice:5 --refuse 3f9a12c7:experience:6 --role "Equality lead"
      wres moderate --from decisions.csv --role "Equality lead"
    """
    import pandas as pd

    from wres.moderation import APPROVED, REFUSED, decide, read_decisions, waiting

    home = open_home()
    twice = sorted(set(approve) & set(refuse))
    if twice:
        raise WresError(f"{', '.join(twice)} cannot be both approved and refused.")
    decisions, quotations = read_decisions(pd.read_csv(file, dtype=str)) if file else ({}, {})
    decisions |= dict.fromkeys(approve, APPROVED) | dict.fromkeys(refuse, REFUSED)
    if decisions:
        day = decided_on.date() if decided_on else date.today()
        with home.locked("wres moderate"):
            number = decide(home, decisions, day, role or "", quotations)
        click.echo(f"Decided on {counted(number, 'text')}.")
    left = waiting(home)
    for one in left.to_dict("records"):
        click.echo(f"{one['name']}  {one['theme']}, indicators {one['indicators']}\n  {one['words']}")
    click.echo(f"{counted(len(left), 'text')} {'waits' if len(left) == 1 else 'wait'}.")


def _tell(message: str) -> None:
    click.echo(message, err=True)


class _progress:  # noqa: N801 - used as a function in a with statement
    """A progress bar on the error stream: a line at a time where that is not a terminal."""

    def __init__(self, title: str):
        self.title = title

    def __enter__(self) -> Callable[[int, int, str], None]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        console = Console(stderr=True)
        self.is_terminal = console.is_terminal
        if self.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[file]}"),
            )
            self.bar = Progress(*columns, console=console, transient=True)
            self.task = self.bar.add_task(self.title, total=None, file="")
            self.bar.start()
        else:
            click.echo(f"{self.title} ...", err=True)
        return self.advance

    def advance(self, done: int, total: int, file: str) -> None:
        """Show that ``done`` of ``total`` are done."""
        if self.is_terminal:
            self.bar.update(self.task, completed=done, total=total, file=file)
        elif done % 100 == 0:
            click.echo(f"  {done} of {total}", err=True)

    def __exit__(self, *error: object) -> None:
        if self.is_terminal:
            self.bar.stop()


def _show_receipt(home: Home, receipt: object, published_on: bool) -> None:
    """Print what a receipt did: every refusal and error, and queries counted by rule."""
    for file, text, what_to_do in receipt.refused:
        click.echo(f"Refused: {file}\n  {text}\n  What to do: {what_to_do}", err=True)
    issues = receipt.issues
    if issues is not None and len(issues):
        errors = issues[issues["severity"] == "error"]
        for (file, rule_code), group in errors.groupby(["file_name", "rule_code"], sort=False):
            for issue in group.head(MOST_SHOWN).to_dict("records"):
                click.echo(f"Error: {file}, {_place(issue)}: {issue['message']}", err=True)
            if len(group) > MOST_SHOWN:
                rest = counted(len(group) - MOST_SHOWN, "more cell")
                click.echo(f"Error: {file}: {rest} with {rule_code}, in the correction pack.", err=True)
            click.echo(f"  What to do: {group['what_to_do'].iloc[0]}", err=True)
        others = issues[issues["severity"] != "error"]
        for (severity, rule_code), group in others.groupby(["severity", "rule_code"]):
            first = group.iloc[0]
            more = f" (and {len(group) - 1} more like it)" if len(group) > 1 else ""
            where = f"{first['file_name']}, {_place(first)}"
            click.echo(f"{severity.capitalize()} {rule_code}: {where}: {first['message']}{more}")
    if receipt.already:
        click.echo(f"Already received: {counted(len(receipt.already), 'file')}; nothing changed.")
        if published_on:
            click.echo("A publication date is recorded when a file is first received; theirs stays as it was.")
    _show_what_was_made(home, receipt)


def _show_what_was_made(home: Home, receipt: object) -> None:
    """Print what a receipt has left, and what is next."""
    if receipt.batch and not receipt.accepted:
        click.echo(f"Nothing was received; the refusals are recorded in batch {home.shown(receipt.batch)}.")
    elif receipt.batch:
        click.echo(
            f"Received {counted(len(receipt.accepted), 'file')} with {receipt.observations:,} filled cells"
            f" as batch {home.shown(receipt.batch)}."
        )
    if receipt.packs:
        place = receipt.packs[0] if len(receipt.packs) == 1 else home.reports
        click.echo(f"Correction packs: {counted(len(receipt.packs), 'return')}, in {home.shown(place)}")
    if receipt.data_docs:
        click.echo(f"Checks: {home.shown(receipt.data_docs)}")
    if receipt.accepted:
        click.echo("Next: wres build")


def _place(issue: dict) -> str:
    sheet = f"sheet '{issue['sheet']}'" if issue["sheet"] else ""
    cell = f"cell {issue['cell']}" if issue["cell"] else ""
    return " ".join(part for part in (sheet, cell) if part) or "the whole file"


if __name__ == "__main__":
    main()
