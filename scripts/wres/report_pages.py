"""A report as a folder of pages that needs nothing beside itself: no other host, no script to read it."""

import csv
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import jinja2

from wres.report_content import Download, Page, Report, charts

STYLE = "report.css"
DATA = "data"
FOLDER = Path(__file__).parent
Progress = Callable[[int, int, str], None]


def write_report(folder: Path, report: Report) -> list[Path]:
    """Write a report into a new folder, in one move; return its pages.

    A report made before at that place gives way to the new one. Nothing is left of what was cut off.
    """
    incoming = folder.with_name(f".{folder.name}.incoming")
    shutil.rmtree(incoming, ignore_errors=True)
    (incoming / DATA).mkdir(parents=True)
    try:
        for page in report.pages:
            write_page(incoming / page.file, report, page)
        for chart in charts(report.pages):
            if chart.download:
                write_download(incoming, chart.download)
        for file in {STYLE, *(script for page in report.pages for script in page.scripts)}:
            shutil.copyfile(FOLDER / file, incoming / file)
        if report.pdf:
            from wres.report_pdf import write_pdf

            write_pdf(incoming / report.pdf, report)
        _replace(folder, incoming)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    return [folder / page.file for page in report.pages]


def is_report(folder: Path) -> bool:
    """Tell whether a folder holds a report, or nothing."""
    return folder.is_dir() and ((folder / STYLE).exists() or not any(folder.iterdir()))


def write_page(path: Path, report: Report, page: Page) -> Path:
    """Write one page of a report and return its path."""
    text = templates().get_template("report_page.html").render(report=report, page=page, style=STYLE, data=DATA)
    path.write_text(text, encoding="utf-8")
    return path


def write_download(folder: Path, download: Download) -> Path:
    """Write the rows behind a chart as CSV and return the file's path."""
    path = folder / DATA / download.file
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(download.columns)
        writer.writerows(download.rows)
    return path


@cache
def templates() -> jinja2.Environment:
    """Return the templates of reports: ``report_blocks.html`` has a macro for every kind of block."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def _replace(folder: Path, incoming: Path) -> None:
    """Move what was made into place: a reader finds the old report or the new one."""
    before = folder.with_name(f".{folder.name}.before")
    shutil.rmtree(before, ignore_errors=True)
    if folder.exists():
        folder.rename(before)
    incoming.rename(folder)
    shutil.rmtree(before, ignore_errors=True)
