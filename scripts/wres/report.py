"""The national report of an open release, as a folder of pages."""

from dataclasses import replace
from pathlib import Path

from wres.home import WresError
from wres.report_national import National
from wres.report_pages import Progress, is_report, write_report
from wres.report_pdf import PDF
from wres.report_plans import plans_and_practice
from wres.report_release import Release


def make_report(release: Path, folder: Path, advance: Progress = lambda done, total, page: None) -> list[Path]:
    """Write the national report of an open release's folder into ``folder``; return its pages, the way in first.

    Raises ``WresError`` where the folder is there and is no report made before, which alone gives way.
    """
    if folder.exists() and not is_report(folder):
        raise WresError(f"{folder} is there already and is no report. Give another folder with --out.")
    opened = Release(release)
    report = National(opened, advance).report(plans_and_practice(opened))
    return write_report(folder, replace(report, pdf=PDF))
