"""What the form itself has written on a sheet, for readers: neither an answer nor a count, and never an issue."""

from functools import cache

from wres.form_checks import HEADINGS, Places, checks_of, part_words, parts_of
from wres.form_definition import (
    COVER_HEADINGS,
    GROUP_HEADING,
    SYNTHETIC_MARK,
    TOTAL_LABEL,
    above_table,
    blank_entries,
    form_for,
    form_schemes,
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
    return frozenset(texts - label_words(year))


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


@cache
def label_words(year: int) -> frozenset[str]:
    """Return what a reader finds the cells of a year's form by."""
    form = form_for(year)
    columns = {column.label for column in form.columns}
    fields = {field.label for sheet in form.record_sheets for field in sheet.fields}
    groups = {row for scheme in form_schemes() for row in group_rows(scheme)}
    answers = {field.label for field in form.cover}
    return frozenset({GROUP_HEADING, TOTAL_LABEL, *columns, *fields, *groups, *answers})
