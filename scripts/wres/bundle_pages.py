"""The pages of an open release, each a file of its own: what it is, how good, how protected, what changed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markdown_it import MarkdownIt

from wres.bundle_dictionary import names
from wres.bundle_metadata import sources, title
from wres.bundle_release import OpenRelease
from wres.bundle_tables import CSV, PARQUET, csv_file, decimals, is_count, read_csv
from wres.dictionary import Table
from wres.pack_content import counted

PAGES = {
    "index.html": "About this release",
    "quality.html": "Quality",
    "protection.html": "Protection",
    "changes.html": "Changes",
}
LICENCE = "LICENCE.txt"
# What Markdown makes of a table, and what a screen reader and a narrow screen need.
ACCESSIBLE = {
    "<table>": '<div class="scroll" role="region" aria-label="Table" tabindex="0"><table>',
    "</table>": "</table></div>",
    "<th>": '<th scope="col">',
    "<th style": '<th scope="col" style',
}
TEMPLATES = Path(__file__).parent


def write_pages(folder: Path, release: OpenRelease, tables: Mapping[str, Table], facts: Mapping[str, Any]) -> None:
    """Write the pages and the licence of a bundle; ``facts`` holds what the templates ask for beside the release."""
    facts = {
        "release": release,
        "decimals": decimals(),
        "sources": sources(release),
        "tables": _files(folder, tables),
        "coverage": _coverage(folder, tables),
        "organisations_named": _named(folder, tables),
        "hidden": _hidden(folder, tables, set(facts["symbols"])),
        **facts,
    }
    texts = {
        "index.html": _filled("bundle_index.md", facts),
        "quality.html": _filled("bundle_quality.md", facts),
        "protection.html": release.gate_summary,
        "changes.html": _filled("bundle_changes.md", facts),
    }
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    shell = _environment(autoescape=True).get_template("bundle_page.html")
    for file, heading in PAGES.items():
        text = markdown.render(texts[file])
        for plain, accessible in ACCESSIBLE.items():
            text = text.replace(plain, accessible)
        page = shell.render(release=release, heading=heading, pages=PAGES, text=text)
        (folder / file).write_text(page, encoding="utf-8")
    licence = (
        f"{release.title}\nRelease {release.release_id}\n\nLicence: {release.licence['title']} "
        f"({release.licence['name']})\n{release.licence['path']}\n\n"
        f"Please say where it comes from:\n{release.attribution}\n"
    )
    (folder / LICENCE).write_text(licence, encoding="utf-8")


def _environment(autoescape: bool = False) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|")
    return environment


def _filled(template: str, facts: Mapping[str, Any]) -> str:
    return _environment().get_template(template).render(**facts)


def _files(folder: Path, tables: Mapping[str, Table]) -> list[dict[str, Any]]:
    files = []
    for name, table in tables.items():
        csv, parquet = f"{CSV}/{name}.csv", f"{PARQUET}/{name}.parquet"
        sizes = {"csv_size": _size(folder / csv), "parquet_size": _size(folder / parquet)}
        rows = len(read_csv(folder / csv))
        files.append(
            {
                "name": name,
                "title": title(name),
                "description": table.description,
                "rows": rows,
                "csv": csv,
                "parquet": parquet,
                **sizes,
            }
        )
    return files


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f}\u00a0MB" if size >= 1e6 else f"{max(size // 1000, 1)}\u00a0kB"


def _figures(folder: Path, tables: Mapping[str, Table]) -> dict[str, tuple[Table, pd.DataFrame]]:
    """Return the tables that have counts which may be hidden, with their cells."""
    return {
        name: (table, read_csv(csv_file(folder, name)))
        for name, table in tables.items()
        if any(is_count(*each) for each in table.columns.items())
    }


def _coverage(folder: Path, tables: Mapping[str, Table]) -> list[str]:
    """Return how many organisations are behind the England figures of each year and service, in sentences."""
    lines = []
    for name, (_, cells) in _figures(folder, tables).items():
        if not {"time_period", "geographic_level", "service", "organisations"} <= set(cells):
            continue
        if "panel" in cells:
            continue
        england = cells[(cells["geographic_level"] == "National") & (cells["organisations"] != "")]
        most = england.assign(organisations=england["organisations"].astype(int))
        most = most.groupby(["time_period", "service"])["organisations"].max()
        for year, numbers in most.groupby(level="time_period"):
            called = [
                f"{names('service').get(service, service)} {number:,}" for (_, service), number in numbers.items()
            ]
            lines.append(f"{title(name)}, {year}: organisations in England, by service: {', '.join(called)}.")
    return lines


def _named(folder: Path, tables: Mapping[str, Table]) -> str:
    """Return how many organisations the release names with figures of their own returns."""
    codes: set[str] = set()
    for table, cells in _figures(folder, tables).values():
        if not table.is_republished and "new_la_code" in cells:
            codes |= set(cells["new_la_code"]) - {""}
    return f"{counted(len(codes), 'organisation')} {'is' if len(codes) == 1 else 'are'} shown"


def _hidden(folder: Path, tables: Mapping[str, Table], symbols: set[str]) -> list[str]:
    """Return how many counts of each table have which symbol, in sentences."""
    lines = []
    for name, (table, cells) in _figures(folder, tables).items():
        counts = cells[[column for column in cells if is_count(column, table.columns[column])]].stack()
        number = counts[counts.isin(symbols)].value_counts().sort_index()
        said = [f"{times:,} ({times / len(counts):.0%}) have the symbol {symbol}" for symbol, times in number.items()]
        by = ", as published by its publisher" if table.is_republished else ""
        lines.append(f"{title(name)}{by}: of {counted(len(counts), 'count')} {', '.join(said) or 'none has a symbol'}.")
    return lines
