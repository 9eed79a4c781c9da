"""Read the sheets of counts: people by ethnic group, found by the labels of columns and rows."""

import pandas as pd

from wres.entries import AMBIGUOUS, PLAIN, REPAIRED, UNKNOWN, Entry, Missing, read_date, read_number
from wres.form import GROUP_HEADING, TOTAL_LABEL, form_schemes
from wres.found import IN_FORCE_FOREVER, SHEET, Found, headings, repaired, years_of
from wres.labels import known_labels
from wres.personal import DATE, FREE_TEXT, is_free_text, mask
from wres.reading import column_letters
from wres.reference import read_seed
from wres.sheet_cells import DAY, NUMBER, OTHER, TEXT

MERGED = "merged"


def read_counts(cells: pd.DataFrame, facts: pd.DataFrame) -> Found:
    """Return the counts of returns that are placed, and what is wrong with them.

    ``cells`` are those on sheets of counts, with ``form_sheet`` the sheet of the form that each means.
    """
    cells = cells.merge(facts[["submission_id", "collection_year", "ethnic_scheme"]], on="submission_id")
    form = years_of(read_seed("form_column")).rename(columns={"sheet": "form_sheet"})
    of_groups = form.drop_duplicates("form_sheet")[["form_sheet"]].assign(column_label=GROUP_HEADING)
    of_groups = of_groups.assign(first_year=0, last_year=IN_FORCE_FOREVER)
    columns = headings(cells, pd.concat([form, of_groups], ignore_index=True))
    missing = _missing_columns(form, columns, facts)
    heading_rows = columns.drop_duplicates(SHEET)[[*SHEET, "row_number"]].rename(columns={"row_number": "heading_row"})
    cells = cells.merge(heading_rows, on=SHEET, how="left")

    rows = _rows(cells[cells["row_number"] > cells["heading_row"]])
    columns["merged_heading"] = _range_of(columns, columns["last_column"] > columns["column_number"])
    rows["merged_label"] = _range_of(rows, rows["last_row"] > rows["row_number"])
    counted = columns.loc[
        columns["measure"].notna(), [*SHEET, "column_number", "measure", "breakdown", "merged_heading"]
    ]
    labelled = rows[[*SHEET, "row_number", "ethnic_value", "label_column", "merged_label"]]
    inside = cells[cells["row_number"] > cells["heading_row"]].merge(counted, on=[*SHEET, "column_number"])
    inside = inside.merge(labelled, on=[*SHEET, "row_number"])
    inside = inside[inside["column_number"] != inside["label_column"]]

    # The form's own sums, where the program that saved the file has not worked them out.
    is_sum = (
        inside["ethnic_value"].eq(TOTAL_LABEL) & inside["kind"].eq(OTHER) & inside["value_text"].str.startswith("=")
    )
    counts = inside[~is_sum]
    labels = [columns["cell_id"], rows["cell_id"], inside.loc[is_sum, "cell_id"]]
    found = Found(counts, recognised=labels)
    found.observations = _with_values(counts, found)
    found.tell("columns_not_found", missing)
    found.tell("label_repaired", repaired(columns, "column_label"))
    found.tell("label_repaired", repaired(rows, "ethnic_value"))
    return found


def _range_of(cells: pd.DataFrame, is_merged: pd.Series) -> pd.Series:
    """Return the range, such as B5:B9, of cells that are merged with others; null for the others."""
    places = zip(cells["cell"], cells["last_column"], cells["last_row"], is_merged, strict=True)
    ranges = [f"{cell}:{column_letters(column - 1)}{row}" if merged else None for cell, column, row, merged in places]
    return pd.Series(ranges, index=cells.index, dtype=object)


def _rows(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that name the ethnic group of their row: those of the column that holds most groups."""
    groups = read_seed("ethnic_group_mapping")[["scheme", "value"]]
    known = []
    for scheme in form_schemes():
        values = [*groups.loc[groups["scheme"] == scheme, "value"], TOTAL_LABEL]
        known.append(known_labels(pd.Series(values), "row").assign(ethnic_scheme=scheme))
    known = pd.concat(known).rename(columns={"means": "ethnic_value"})
    rows = cells.merge(known, on=["ethnic_scheme", "key"])
    labels = rows.groupby([*SHEET, "column_number"])["ethnic_value"].nunique().rename("labels").reset_index()
    labels = labels.sort_values(["labels", "column_number"], ascending=[False, True]).drop_duplicates(SHEET)
    rows = rows.merge(labels[[*SHEET, "column_number"]], on=[*SHEET, "column_number"])
    return rows.assign(label_column=rows["column_number"])


def _with_values(counts: pd.DataFrame, found: Found) -> pd.DataFrame:
    """Return counts with ``value`` and ``value_note``, and tell what was repaired and what cannot be used."""
    counts = counts.reset_index(drop=True)
    is_number, is_masked = counts["kind"].eq(NUMBER), counts["called"].notna()
    is_text = counts["kind"].eq(TEXT) & ~is_masked
    numbers = pd.to_numeric(counts["value_text"].where(is_number), errors="coerce")
    texts = {text: read_number(text) for text in counts.loc[is_text, "value_text"].unique()}
    entries = counts["value_text"].map(texts).where(is_text)
    is_entry = entries.notna()
    outcome = entries.map(lambda entry: entry.outcome, na_action="ignore").astype(object)
    # A count of several groups is none of one group's.
    is_wide = (counts["last_row"] > counts["row_number"]) | (counts["last_column"] > counts["column_number"])
    counts["found"] = (
        _range_of(counts, is_wide).fillna(counts["merged_heading"]).fillna(counts["merged_label"]).astype(object)
    )
    is_merged = counts["found"].notna() & ~is_masked
    outcome = outcome.where(is_entry, UNKNOWN).mask(is_number, PLAIN).mask(is_masked, "masked").mask(is_merged, MERGED)
    value = entries.map(_value, na_action="ignore").where(is_entry)
    counts["value"] = numbers.where(is_number, pd.to_numeric(value, errors="coerce")).mask(is_merged)
    notes = entries.map(
        lambda entry: entry.value.note if isinstance(entry.value, Missing) else None, na_action="ignore"
    )
    counts["value_note"] = notes.where(is_entry & ~is_merged, None).astype(object)
    is_given = counts["value"].notna() | counts["value_note"].notna()
    counts["value_note"] = counts["value_note"].where(is_given, "invalid")
    counts["reason"] = entries.map(lambda entry: entry.reason, na_action="ignore")
    counts["read_as"] = entries.map(_said, na_action="ignore")

    remarks = {text for text, entry in texts.items() if entry.outcome == UNKNOWN and is_free_text(text)}
    days = {text for text, entry in texts.items() if entry.value is None and read_date(text).outcome != UNKNOWN}
    is_day = (is_text & counts["value_text"].isin(days)) | (counts["kind"].eq(DAY) & ~is_masked)
    is_remark = (is_text & counts["value_text"].isin(remarks)) | is_day
    counts.loc[is_remark, "called"] = FREE_TEXT
    counts.loc[is_day, "called"] = DATE
    counts.loc[is_remark, "value_text"] = counts.loc[is_remark, "called"].map(mask)
    found.tell("merged_cells", counts[outcome.eq(MERGED) & ~is_remark])
    found.tell("number_repaired", counts[outcome.eq(REPAIRED)])
    found.tell("ambiguous_number", counts[outcome.eq(AMBIGUOUS) & ~is_remark])
    is_unsaved = counts["kind"].eq(OTHER) & counts["value_text"].str.startswith("=")
    is_unknown = outcome.eq(UNKNOWN) & ~is_remark
    found.tell("not_a_number", counts[is_unknown & ~is_unsaved])
    found.tell("formula_without_result", counts[is_unknown & is_unsaved])
    found.tell("personal_data", counts[is_remark])
    return counts


def _value(entry: Entry) -> float | None:
    return entry.value if isinstance(entry.value, float) else None


def _said(entry: Entry) -> str:
    if isinstance(entry.value, Missing):
        return entry.value.entry
    return f"{entry.value:g}" if isinstance(entry.value, float) and entry.value % 1 else f"{entry.value or 0:.0f}"


def _missing_columns(form: pd.DataFrame, found: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per return and sheet of its year's form that lacks columns, with their labels."""
    asked = facts[["submission_id", "collection_year"]].merge(form, how="cross")
    asked = asked[asked["collection_year"].between(asked["first_year"], asked["last_year"])]
    column = ["submission_id", "form_sheet", "column_label"]
    asked = asked[~asked.set_index(column).index.isin(found.set_index(column).index)]
    missing = asked.groupby(["submission_id", "form_sheet"], as_index=False).agg(columns=("column_label", ", ".join))
    return missing.rename(columns={"form_sheet": "sheet"})
