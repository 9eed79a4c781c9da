"""Files to receive: returns as an organisation would send them, altered workbooks, and census files."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from python_calamine import CalamineWorkbook

from wres.form import COVER_SHEET, Values, form_for, group_rows, write_form
from wres.home import Home
from wres.reference import read_seed

YEAR, KENT, SCHEME = 2024, "E10000016", "major_5"
ROLE_FILE, WORKFORCE_FILE = "csww_role_by_ethnicity", "csww_workforce"
RESIDENT_FILE, NEIGHBOUR_FILE = "census_2021_residents", "childrens_statistical_neighbours"
COVER = {
    "snapshot_date": date(2024, 3, 31),
    "window_start": date(2023, 4, 1),
    "signed_off_on": date(2024, 9, 20),
    "signed_off_role": "Director of Adult Social Services",
    "consent_to_publish": "yes",
}

Book = dict[str, list[list]]


@dataclass(frozen=True)
class Formula:
    """A formula, and the result that the program which saved the file had worked out."""

    formula: str
    result: str


# How many times as large as others a column is, so that a whole return is as plausible as it is complete.
TIMES = {"staff": 3, "shortlisted": 4, "survey_respondents": 4}


def complete_values(year: int = YEAR, scheme: str = SCHEME) -> dict[tuple[str, str], list]:
    """Return a count for every cell of a year's form; every total is the sum of its bands."""
    columns = [column for sheet in form_for(year).count_sheets for column in sheet.columns]
    rows = len(group_rows(scheme))
    bands = sum(column.measure == "staff" and column.breakdown != "all" for column in columns)
    values = {
        (column.measure, column.breakdown): [TIMES.get(column.measure, 1) * (2 + row) for row in range(rows)]
        for column in columns
    }
    none = {column: [0] * rows for column in values if column[0].startswith("fitness_to_practise")}
    registered = {("regulated_professionals", "all"): [bands * (2 + row) for row in range(rows)]}
    return values | none | registered | {("staff", "all"): [bands * TIMES["staff"] * (2 + row) for row in range(rows)]}


def write_return(path: Path, *, values: Values | None = None, cover: Mapping | None = None, **options) -> Path:
    """Write a return that is complete and right, apart from the values and answers given."""
    year, scheme = options.pop("year", YEAR), options.pop("scheme", SCHEME)
    options = {"organisation_code": KENT, "service": "adults", "version": 1} | options
    filled = complete_values(year, scheme) | dict(values or {})
    days = {name: day.replace(year=day.year + year - YEAR) for name, day in COVER.items() if isinstance(day, date)}
    return write_form(path, year, scheme=scheme, values=filled, cover=COVER | days | dict(cover or {}), **options)


def read_book(path: Path) -> Book:
    """Return every cell of a workbook, by sheet, as rows from the first cell on."""
    with CalamineWorkbook.from_path(path) as book:
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def write_book(path: Path, book: Book) -> Path:
    """Write cells as they are into a plain workbook."""
    with xlsxwriter.Workbook(path, {"in_memory": True}) as workbook:
        days = workbook.add_format({"num_format": "d mmmm yyyy"})
        for name, rows in book.items():
            page = workbook.add_worksheet(name)
            for row, values in enumerate(rows):
                for column, value in enumerate(values):
                    if isinstance(value, date | datetime):
                        page.write_datetime(row, column, value, days)
                    elif isinstance(value, Formula):
                        page.write_formula(row, column, value.formula, None, value.result)
                    elif value not in ("", None):
                        page.write(row, column, value)
    return path


def put(book: Book, sheet: str, cell: str, value: object) -> None:
    """Write one value into a cell such as B6, beyond the edge of the sheet too."""
    rows = book.setdefault(sheet, [])
    column, row = ord(cell[0]) - ord("A"), int(cell[1:]) - 1
    rows.extend([] for _ in range(row + 1 - len(rows)))
    rows[row].extend("" for _ in range(column + 1 - len(rows[row])))
    rows[row][column] = value


def filled_cells(book: Book) -> dict[tuple[str, str], object]:
    """Return the cells that hold something, by sheet and address; no sheet here is wider than Z."""
    return {
        (sheet, f"{chr(ord('A') + column)}{row}"): value
        for sheet, rows in book.items()
        for row, values in enumerate(rows, 1)
        for column, value in enumerate(values)
        if value not in ("", None)
    }


def own_words(tmp_path: Path, year: int = YEAR, scheme: str = SCHEME) -> set[tuple[str, str]]:
    """Return what a blank form says of itself, by sheet: its labels, headings and guidance, not its answers."""
    blank = filled_cells(read_book(write_form(tmp_path / "blank.xlsx", year, scheme=scheme)))
    return {
        (sheet, value)
        for (sheet, cell), value in blank.items()
        if isinstance(value, str) and not (sheet == COVER_SHEET and cell[0] == "B" and int(cell[1:]) > 4)
    }


def file_header(dataset: str = ROLE_FILE) -> list[str]:
    """Return the publisher's columns of a statistics file in their order."""
    columns = read_seed("statistics_column").query("dataset == @dataset")["column_name"]
    return list(dict.fromkeys(columns))


def role_row(ethnic_value: str, headcount: object, **columns: object) -> dict[str, object]:
    """Return one line of the file by role and ethnic group, of one authority unless columns say otherwise."""
    return {
        "time_period": 2024,
        "time_identifier": "Reporting year",
        "geographic_level": "Local authority",
        "country_code": "E92000001",
        "country_name": "England",
        "region_code": "E12000008",
        "region_name": "South East",
        "new_la_code": KENT,
        "la_name": "Kent",
        "role": "Total",
        "breakdown_topic": "Ethnicity major",
        "breakdown": ethnic_value,
        "inpost_headcount": headcount,
    } | columns


def resident_rows(area_code: str, area_name: str, residents: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the lines of one area in the census file, by ethnic group as that file words it."""
    area = {"utla23_code": area_code, "utla23_name": area_name}
    return [area | {"ethnic_group": group, "residents": people} for group, people in residents.items()]


def neighbour_row(code: str, name: str, *neighbours: tuple[object, str]) -> dict[str, object]:
    """Return the line of one authority in the file of neighbours: the code and the closeness of each, nearest first."""
    cells = {f"SN_{rank}": neighbour for rank, (neighbour, _) in enumerate(neighbours, 1)}
    words = {f"SN_{rank}P": closeness for rank, (_, closeness) in enumerate(neighbours, 1)}
    return {"old_la_code": code, "la_name": name} | cells | words


def write_table(
    path: Path, rows: Iterable[Mapping[str, object]], header: list[str] | None = None, delimiter: str = ","
) -> Path:
    """Write rows under the publisher's header."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header or file_header(), restval="", delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def stored(home: Home, table: str) -> list[dict]:
    """Return the rows of one table over all batches."""
    parts = [pq.read_table(path) for path in sorted(home.batches.glob(f"*/{table}.parquet"))]
    return pa.concat_tables(parts).to_pylist()


def batches_of(home: Home) -> list[str]:
    """Return the names of the batches that hold something."""
    return sorted(path.name for path in home.batches.iterdir() if path.name != "empty")
