"""The bundle of an open release: everything that the public is given, in one folder that needs nothing else.

``write_bundle`` makes it from the release's tables and what dbt says of them; the same inputs give the same bytes.
``check_bundle`` reads the written files back and says everything that is wrong with them.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from wres.bundle_changes import CHANGE_LOG, WHOLE, changes
from wres.bundle_check import check_bundle
from wres.bundle_dictionary import DATA_DICTIONARY, data_dictionary
from wres.bundle_metadata import write_checksums, write_csvw, write_package
from wres.bundle_pages import write_pages
from wres.bundle_release import OPEN_RELEASE, OpenRelease
from wres.bundle_tables import ABOUT, csv_file, read_csv, read_symbols, write_frame, write_tables
from wres.bundle_workbook import write_workbook
from wres.dictionary import Table

__all__ = ["OPEN_RELEASE", "OpenRelease", "check_bundle", "write_bundle"]

WORKBOOK = "sc-wres-open-release.xlsx"


def write_bundle(
    tables: Path, folder: Path, release: OpenRelease, last: Path | None, described: Mapping[str, Table]
) -> None:
    """Write the bundle of a release into a new folder.

    ``tables`` holds one Parquet file for each table of ``described``, and ``last`` is the folder of the bundle before
    this one. Raises ``WresError`` where a table is not there, or not as it is described.
    """
    folder.mkdir(parents=True)
    write_tables(tables, folder, described)
    symbols = read_symbols(folder)
    cells = {name: read_csv(csv_file(folder, name)) for name in described}
    used = {name: {column: set(frame[column]) for column in frame} for name, frame in cells.items()}
    log = changes(folder, last, described, set(symbols))
    about = dict(zip(ABOUT, (DATA_DICTIONARY, CHANGE_LOG), strict=True))
    everything = {**described, **about}
    write_frame(folder, ABOUT[0], DATA_DICTIONARY, data_dictionary(everything, symbols, used | _used(log)))
    write_frame(folder, ABOUT[1], CHANGE_LOG, log)
    write_workbook(folder / WORKBOOK, folder, release, everything, symbols)
    facts = {"symbols": symbols, "workbook": WORKBOOK, "has_last": last is not None, "lines": _summary(log)}
    write_pages(folder, release, everything, facts)
    write_csvw(folder, release, everything, symbols)
    write_package(folder, release, everything, symbols)
    write_checksums(folder)


def _used(log: pd.DataFrame) -> dict[str, dict[str, set[str]]]:
    return {ABOUT[0]: {}, ABOUT[1]: {column: set(log[column].astype(str)) for column in log}}


def _summary(log: pd.DataFrame) -> list[dict[str, object]]:
    """Return the lines of a change log that speak of whole tables and columns."""
    return log[(log["row_key"] == WHOLE) & (log["rows"] > 0)].to_dict("records")
