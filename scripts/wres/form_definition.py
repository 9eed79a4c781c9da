"""The form of a collection year as data, from seeds: sheets, columns, lines of the cover, guidance and words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from wres.organisations import COLLECTION
from wres.reference import read_seed

COVER_SHEET = "Cover"
GROUP_HEADING = "Ethnic group"
TOTAL_LABEL = "Total"
SYNTHETIC_MARK = "Synthetic: "
DEFAULT_SCHEME = "census_2021_19"
HEADING_ROW = 3  # from 0, on every sheet
COVER_HEADINGS = ("This return", "Your answer", "Guidance")
MOST_LISTED, LONGEST_LIST = 4, 60  # names on one line of guidance
HEADLINES = ("minority_ethnic", "white", "unknown")

Entry = int | str | None
Values = Mapping[tuple[str, str], Sequence[Entry]]
Records = Mapping[str, Sequence[Mapping[str, "Entry | date"]]]


@dataclass(frozen=True)
class CoverField:
    """One line of the cover: its label, the kind of answer and, for a choice, the answers allowed."""

    field: str
    label: str
    kind: str
    is_required: bool
    choices: str
    guidance: str


@dataclass(frozen=True)
class Column:
    """One column of counts: the measure and breakdown that it holds."""

    label: str
    measure: str
    breakdown: str
    guidance: str


@dataclass(frozen=True)
class RecordField:
    """One column of a sheet with a record a line; a choice has its answers in ``choices``."""

    label: str
    field: str
    kind: str
    is_required: bool
    choices: str
    guidance: str


@dataclass(frozen=True)
class Line:
    """One line of the guidance beside a table: a heading, a text or a worked example."""

    kind: str
    text: str


@dataclass(frozen=True)
class Sheet:
    """One sheet; ``kind`` says what it has: counts by ethnic group (``columns``), records (``fields``) or neither."""

    name: str
    title: str
    kind: str
    counted: str
    guidance: str
    topic: str
    columns: tuple[Column, ...]
    fields: tuple[RecordField, ...]


@dataclass(frozen=True)
class Form:
    """The form of one collection year."""

    year: int
    cover: tuple[CoverField, ...]
    sheets: tuple[Sheet, ...]

    @property
    def count_sheets(self) -> tuple[Sheet, ...]:
        """Sheets that hold a table of counts by ethnic group."""
        return tuple(sheet for sheet in self.sheets if sheet.kind == "counts")

    @property
    def record_sheets(self) -> tuple[Sheet, ...]:
        """Sheets on which one line is one record."""
        return tuple(sheet for sheet in self.sheets if sheet.kind == "records")

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns of all count sheets, in their order."""
        return tuple(column for sheet in self.count_sheets for column in sheet.columns)

    def sheet_of_kind(self, kind: str) -> Sheet:
        """Return the first sheet of a kind."""
        return next(sheet for sheet in self.sheets if sheet.kind == kind)


@cache
def form_years() -> tuple[int, ...]:
    """Return the collection years that have a form."""
    return tuple(sorted(_rounds()))


def round_of(year: int) -> tuple[date, date]:
    """Return the days on which the collection of a year opens and closes.

    Raises ``ValueError`` when there is no collection in that year.
    """
    if year not in _rounds():
        allowed = ", ".join(str(known) for known in form_years())
        raise ValueError(f"There is no form for {year}. Years with a form: {allowed}.")
    opens_on, closes_on, _ = _rounds()[year]
    return opens_on, closes_on


def group_label(year: int) -> str:
    """Return what the compared group is called in a collection year."""
    return _rounds()[year][2]


@cache
def form_for(year: int) -> Form:
    """Return the form of a collection year.

    Raises ``ValueError`` when there is no collection in that year.
    """
    round_of(year)
    cover = tuple(
        CoverField(
            field=row["field"],
            label=row["label"],
            kind=row["kind"],
            is_required=row["is_required"] == "true",
            choices=row["choices"],
            guidance=row["guidance"],
        )
        for row in in_force("form_cover", year)
    )
    sheets = tuple(_sheet(row, year) for row in in_force("form_sheet", year) if row["kind"] != "lists")
    return Form(year, cover, sheets)


@cache
def lists_sheet(year: int) -> Sheet:
    """Return the hidden sheet that drop-downs take long lists from."""
    return next(_sheet(row, year) for row in in_force("form_sheet", year) if row["kind"] == "lists")


def _sheet(row: dict[str, str], year: int) -> Sheet:
    return Sheet(
        name=row["sheet"],
        title=row["title"],
        kind=row["kind"],
        counted=row["counted"],
        guidance=row["guidance"].replace("{group}", group_label(year)),
        topic=row["topic"],
        columns=tuple(
            Column(column["column_label"], column["measure"], column["breakdown"], column["guidance"])
            for column in in_force("form_column", year)
            if column["sheet"] == row["sheet"]
        ),
        fields=tuple(
            RecordField(
                label=field["column_label"],
                field=field["field"],
                kind=field["kind"],
                is_required=field["is_required"] == "true",
                choices=field["choices"],
                guidance=field["guidance"],
            )
            for field in in_force("form_record", year)
            if field["sheet"] == row["sheet"]
        ),
    )


@cache
def above_table(year: int, sheet_name: str) -> tuple[str, str, str]:
    """Return the three lines above a sheet's table; the second is empty where a formula stands there."""
    form = form_for(year)
    number, sheet = next(found for found in enumerate(form.sheets, 1) if found[1].name == sheet_name)
    title = words("title_sheet", title=sheet.title, year=year, number=number, sheets=len(form.sheets))
    if sheet.kind == "cover":
        reasons = words("blank_note", words=", ".join(blank_entries()))
        return words("title_return", year=year), "", f"{sheet.guidance} {reasons}"
    if sheet.kind == "checks":
        return title, "", f"{sheet.counted} {sheet.guidance}"
    if sheet.kind == "records":
        return title, f"{sheet.counted} {sheet.guidance}", ""
    return title, sheet.counted, f"{sheet.guidance} {words('guidance_beside')}" if sheet.columns else sheet.guidance


@cache
def guidance_lines(year: int, sheet_name: str) -> tuple[Line, ...]:
    """Return what stands beside a count sheet's table, from top to bottom."""
    sheet = next(sheet for sheet in form_for(year).count_sheets if sheet.name == sheet_name)
    own = [row for row in in_force("form_guidance", year) if row["sheet"] == sheet_name]
    common = [row for row in in_force("form_guidance", year) if not row["sheet"]]
    lines = [Line("heading", words("columns_heading"))]
    lines += [Line("text", words("column_guidance", **parts)) for parts in _column_guidance(sheet)]
    for row in [*own, *common]:
        if row["kind"] == "blanks":
            reasons = read_seed("form_blank").to_dict("records")
            lines += [Line("text", row["text"].format_map(reason)) for reason in reasons]
        else:
            lines.append(Line(row["kind"], row["text"].replace("{group}", group_label(year))))
    return tuple(lines)


def _column_guidance(sheet: Sheet) -> list[dict[str, str]]:
    """Return the guidance of each column, once for short names that share it."""
    shared: dict[str, list[str]] = {}
    for column in sheet.columns:
        shared.setdefault(column.guidance, []).append(column.label)
    lines = []
    for guidance, labels in shared.items():
        together = "; ".join(labels) if len(labels) < MOST_LISTED else f"{labels[0]} to {labels[-1]}"
        names = [together] if len(together) < LONGEST_LIST else labels
        lines += [{"guidance": guidance, "column": name} for name in names]
    return lines


@cache
def form_schemes() -> tuple[str, ...]:
    """Return the ethnic schemes that a form can have."""
    return tuple(read_seed("ethnic_scheme").query("is_for_returns == 'true'")["scheme"])


@cache
def scheme_name(scheme: str) -> str:
    """Return what an ethnic scheme is called on the cover."""
    return read_seed("ethnic_scheme").set_index("scheme").at[scheme, "scheme_name"]


@cache
def group_rows(scheme: str) -> tuple[str, ...]:
    """Return the row labels of an ethnic scheme in their order, 'Not known' included.

    Raises ``ValueError`` when the form has no such scheme.
    """
    if scheme not in form_schemes():
        raise ValueError(f"The form has no ethnic scheme '{scheme}'. Schemes: {', '.join(form_schemes())}.")
    rows = read_seed("ethnic_group_mapping").query("scheme == @scheme")
    return tuple(rows.sort_values("sort_order", key=lambda order: order.astype(int))["value"])


@cache
def group_codes(scheme: str) -> tuple[str, ...]:
    """Return the ethnic group of each row of a scheme, in the order of ``group_rows``."""
    rows = read_seed("ethnic_group_mapping").query("scheme == @scheme").set_index("value")["ethnic_group"]
    return tuple(rows[list(group_rows(scheme))])


@cache
def headline_rows(scheme: str) -> dict[str, tuple[int, ...]]:
    """Return, for each group of the headline and the not known, the rows of a scheme that make it, from 0."""
    register = read_seed("ethnic_group_register").set_index("ethnic_group")["headline_group"]
    found = [register[code] or code for code in group_codes(scheme)]
    return {headline: tuple(row for row, group in enumerate(found) if group == headline) for headline in HEADLINES}


@cache
def blank_entries() -> tuple[str, ...]:
    """Return the words that a cell may hold in place of a count."""
    return tuple(read_seed("form_blank")["entry"])


@cache
def word_of(value_note: str) -> str:
    """Return the word that says a typed reason."""
    return read_seed("form_blank").set_index("value_note").at[value_note, "entry"]


@cache
def whole_of(measure: str) -> str:
    """Return the measure that a measure is part of; empty for one that stands alone."""
    return read_seed("measure").set_index("measure").at[measure, "within_measure"]


def words(code: str, **values: object) -> str:
    """Return a text of the form (seed ``form_text``) with its placeholders filled."""
    return _texts()[code].format_map(values)


@cache
def _texts() -> dict[str, str]:
    seed = read_seed("form_text")
    return dict(zip(seed["text_code"], seed["text"], strict=True))


@cache
def _rounds() -> dict[int, tuple[date, date, str]]:
    """Return the opening and closing day of each collection year, and what it calls the compared group."""
    rows = read_seed("collection_round").to_dict("records")
    return {
        int(row["collection_year"]): (
            date.fromisoformat(row["opens_on"]),
            date.fromisoformat(row["closes_on"]),
            row["group_label"],
        )
        for row in rows
        if row["collection"] == COLLECTION
    }


@cache
def in_force(seed: str, year: int) -> list[dict[str, str]]:
    """Return a form seed's rows of a collection year, in the order of the form."""
    rows = [
        row
        for row in read_seed(seed).to_dict("records")
        if int(row["first_year"]) <= year and (not row["last_year"] or year <= int(row["last_year"]))
    ]
    return sorted(rows, key=lambda row: int(row["position"]))
