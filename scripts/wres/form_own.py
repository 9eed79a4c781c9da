"""What the form itself has written on a sheet, for readers: neither an answer nor a count, and never an issue."""

from functools import cache

import pandas as pd

from wres.form_checks import HEADINGS, Places, checks_of, part_words, parts_of
from wres.form_definition import (
    COVER_HEADINGS,
    GROUP_HEADING,
    SYNTHETIC_MARK,
    TOTAL_LABEL,
    Form,
    above_table,
    blank_entries,
    form_for,
    form_schemes,
    form_years,
    group_rows,
    guidance_lines,
    lists_sheet,
    round_of,
    words,
)
from wres.form_figures import figure_label, figures_of
from wres.form_figures import headings as figure_headings
from wres.form_last_year import last_headings, last_words
from wres.organisations import organisations_on


@cache
def own_words(year: int) -> frozenset[str]:
    """Return every text of a year's form that is neither a label nor the heading of something to fill in."""
    form = form_for(year)
    texts = {words("guidance_heading"), *last_words(year), *COVER_HEADINGS}
    states = {words(f"overall_{state}") for state in ("done", "to_do", "check")}
    for sheet in form.sheets:
        title, *lines = above_table(year, sheet.name)
        texts |= {title, f"{SYNTHETIC_MARK}{title}", *lines} - {""}
    texts |= states
    for sheet in form.count_sheets:
        texts |= {line.text for line in guidance_lines(year, sheet.name)}
    texts |= {field.guidance for field in form.cover}
    texts |= {field.guidance for sheet in form.record_sheets for field in sheet.fields}
    places = Places(form, form_schemes()[0])
    texts |= {figure_label(figure) for figures in figures_of(places) for figure in figures}
    checks = checks_of(places)
    texts |= {check.sentence for check in checks} | {words("checks_go", sheet=check.sheet) for check in checks}
    texts |= own_headings(year)
    return frozenset(texts - _labels(form))


@cache
def own_headings(year: int) -> frozenset[str]:
    """Return the headings of columns that the form fills in by itself, on whatever sheet."""
    headings = {words("check_column"), *(words(code) for code in HEADINGS), *last_headings(year)}
    return frozenset(headings | {heading for heading, _ in figure_headings(year)})


@cache
def computed_words(year: int) -> frozenset[str]:
    """Return every text that the form can work out, or carry over, below a heading of its own."""
    places = Places(form_for(year), form_schemes()[0])
    codes = (
        "row_done",
        "row_blank",
        "row_entry",
        "row_bands",
        "line_blank",
        "state_done",
        "state_to_do",
        "state_check",
    )
    texts = {words(code) for code in codes} | {part_words(part, places) for part in parts_of(places)}
    return frozenset(texts | {column.label for column in places.form.columns} | set(blank_entries()))


@cache
def list_words(year: int) -> frozenset[str]:
    """Return the texts of the hidden sheet that drop-downs take their lists from."""
    organisations = organisations_on(round_of(year)[0]).values()
    sheet = lists_sheet(year)
    texts = {text for one in organisations for text in (one.name, one.code)}
    labels = {field.label for field in form_for(year).cover if field.field.startswith("organisation_")}
    return frozenset({sheet.title, f"{SYNTHETIC_MARK}{sheet.title}", sheet.counted} | texts | labels)


def own_cells(rest: pd.DataFrame, cells: pd.DataFrame, facts: pd.DataFrame) -> pd.Series:
    """Tell which of the cells ``rest`` of returns the form has written itself.

    These are its guidance, what it says above a table, and what it works out below a heading of its own. ``cells`` are
    all filled cells, to find tables in; both have ``submission_id``, ``sheet_label`` and ``label`` (texts in lower case
    with single spaces), ``row_number`` and ``column_number`` from 1; ``facts`` has the ``collection_year`` of each
    ``submission_id``.
    """
    years = facts.drop_duplicates("submission_id").set_index("submission_id")["collection_year"]
    sheet, table = ["submission_id", "sheet_label"], _table_sheets()
    first_labels = {_plain(label) for label in table.values()}
    is_top = (cells["column_number"] == 1) & cells["label"].isin(first_labels)
    is_top &= cells["sheet_label"].isin([_plain(name) for name in table])
    tops = cells[is_top].groupby(sheet)["row_number"].min().rename("top").reset_index()
    rest = rest[["submission_id", "sheet_label", "label", "row_number", "column_number"]].merge(
        tops, on=sheet, how="left"
    )
    rest["year"] = rest["submission_id"].map(years)
    is_on_form = rest["sheet_label"].isin([_plain(name) for name in table])
    is_own = is_on_form & _is_in(rest, own_words)
    is_own |= _is_in(rest, list_words) & rest["sheet_label"].isin(
        {_plain(lists_sheet(year).name) for year in form_years()}
    )
    # The state of the return, where the program that saved the file has not worked it out.
    is_own |= (rest["column_number"] == 1) & (rest["row_number"] < rest["top"]) & rest["label"].str.startswith("=")

    heads = cells.merge(tops, on=sheet)
    heads = heads[heads["row_number"] == heads["top"]]
    heads = heads.assign(year=heads["submission_id"].map(years))
    heads = heads.loc[_is_in(heads, own_headings), [*sheet, "column_number"]].drop_duplicates()
    lines = cells.loc[cells["column_number"] == 1, [*sheet, "row_number"]].drop_duplicates()
    rest = rest.merge(heads.assign(is_computed=True), on=[*sheet, "column_number"], how="left")
    rest = rest.merge(lines.assign(is_line=True), on=[*sheet, "row_number"], how="left")
    # A record need not have an entry in its first column.
    is_line = rest["is_line"].notna() | rest["sheet_label"].isin(_record_sheets())
    is_computed = rest["is_computed"].notna() & (rest["row_number"] > rest["top"]) & (rest["column_number"] > 1)
    # What somebody has written over such a cell is theirs.
    is_number = pd.to_numeric(rest["label"], errors="coerce").notna() | rest["label"].str.startswith("=")
    is_computed &= is_number | _is_in(rest, computed_words)
    return (is_own | (is_computed & is_line)).astype(bool)


def _is_in(cells: pd.DataFrame, texts_of: object) -> pd.Series:
    """Tell which cells hold one of the texts that a function gives for their year."""
    found = pd.Series(False, index=cells.index)
    for year in cells["year"].dropna().unique():
        known = {_plain(text) for text in texts_of(int(year))}
        found |= (cells["year"] == year) & cells["label"].isin(known)
    return found


@cache
def _table_sheets() -> dict[str, str]:
    """Return the first heading of each sheet's table, over all years."""
    firsts = {
        "cover": COVER_HEADINGS[0],
        "counts": GROUP_HEADING,
        "checks": words("checks_check"),
        "charts": words("figures_figure"),
    }
    return {
        sheet.name: firsts.get(sheet.kind) or sheet.fields[0].label
        for year in form_years()
        for sheet in form_for(year).sheets
    }


@cache
def _record_sheets() -> frozenset[str]:
    return frozenset(_plain(sheet.name) for year in form_years() for sheet in form_for(year).record_sheets)


def _labels(form: Form) -> set[str]:
    """Return what a reader finds cells by."""
    columns = {column.label for column in form.columns}
    fields = {field.label for sheet in form.record_sheets for field in sheet.fields}
    groups = {row for scheme in form_schemes() for row in group_rows(scheme)}
    return {GROUP_HEADING, TOTAL_LABEL, *columns, *fields, *groups, *(field.label for field in form.cover)}


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
