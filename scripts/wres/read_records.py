"""Read the sheets on which one line is one record: actions, good practice, experiences, replies.

An account of an experience goes into a frame of its own, and only where the person agreed; no issue quotes a text of
such a sheet.
"""

from datetime import date

import pandas as pd

from wres.entries import AMBIGUOUS, PLAIN, REPAIRED, UNKNOWN, Entry, read_choice, read_date, read_indicators, spoken
from wres.found import SHEET, Found, addresses, headings, repaired, years_of
from wres.personal import mask, name_for_role
from wres.reading import EXPERIENCE_COLUMNS
from wres.reference import read_seed
from wres.sheet_cells import DAY

EXPERIENCE = "experience"
ACCOUNT, AGREED = "account", "has_agreed"
NOT_AGREED = "account without agreement"
OF_EXPERIENCES = "text on a sheet of experiences"
LINE = [*SHEET, "row_number"]


def read_records(cells: pd.DataFrame, facts: pd.DataFrame) -> tuple[Found, pd.DataFrame, pd.Series]:
    """Return the records of returns that are placed, what is wrong with them, the accounts of experiences, and the
    numbers of the cells that these stand in.
    """
    cells = cells.merge(facts[["submission_id", "collection_year"]], on="submission_id")
    form = _form()
    columns = headings(cells, form)
    heading_rows = columns.drop_duplicates(SHEET)[[*SHEET, "row_number"]].rename(columns={"row_number": "heading_row"})
    cells = cells.merge(heading_rows, on=SHEET, how="left")
    asked = columns[[*SHEET, "column_number", "measure", "field", "column_label", "answer", "choices", "position"]]
    below = cells[cells["row_number"] > cells["heading_row"]]
    records = below.merge(asked, on=[*SHEET, "column_number"]).rename(columns={"field": "breakdown"})

    found = Found(records, recognised=[columns["cell_id"]])
    found.tell("label_repaired", repaired(columns, "column_label"))
    records = _refuse_names(_understood(records), found)
    refused = _not_agreed(records)
    told = records[refused].assign(value_text=mask(NOT_AGREED))
    found.tell("experience_without_agreement", told)
    records = records[~refused]
    _tell_outcomes(records, found)
    _tell_incomplete(records, columns, form, found)
    accounts = _accounts(records)
    is_account = records["measure"].eq(EXPERIENCE) & records["breakdown"].eq(ACCOUNT)
    is_kept = records["outcome"].isin([PLAIN, REPAIRED]) & ~is_account
    found.observations = records[is_kept].assign(value_text=records.loc[is_kept, "means"])
    kept_apart = records.loc[is_account & records["called"].isna(), "cell_id"]
    return found, accounts, kept_apart


def _form() -> pd.DataFrame:
    sheets = read_seed("form_sheet").query("kind == 'records'")[["sheet", "topic"]].rename(columns={"topic": "measure"})
    form = years_of(read_seed("form_record").merge(sheets, on="sheet"))
    return form.rename(columns={"sheet": "form_sheet", "kind": "answer"})


def _understood(records: pd.DataFrame) -> pd.DataFrame:
    """Return records with what each cell ``means``, as text, and its ``outcome``."""
    keys = list(zip(records["value_text"], records["kind"], records["answer"], records["choices"], strict=True))
    years = records["collection_year"]
    read = {key: _read(*key) for key in set(zip(keys, years, strict=True))}
    entries = [read[key] for key in zip(keys, years, strict=True)]
    is_masked = records["called"].notna()
    records = records.assign(
        means=[entry.value for entry in entries],
        outcome=[entry.outcome for entry in entries],
        reason=[entry.reason for entry in entries],
    )
    records["means"] = records["means"].astype(object).mask(is_masked, records["value_text"])
    records["outcome"] = records["outcome"].mask(is_masked, PLAIN)
    return records.assign(read_as=records["means"])


def _read(cell: tuple[str, str, str, str], year: int) -> Entry:
    text, kind, answer, choices = cell
    if answer == "choice":
        return read_choice(text, _choices(choices))
    if answer == "indicators":
        return read_indicators(text, set(read_seed("indicator_register")["indicator_code"]))
    if answer == "date":
        entry = Entry(None, UNKNOWN) if kind not in ("text", DAY) else read_date(text, int(year))
        return Entry(entry.value and entry.value.isoformat(), entry.outcome, entry.reason)
    return Entry(text, PLAIN)


def _choices(choices: str) -> dict[str, str]:
    if choices == "theme":
        themes = read_seed("theme")
        names = dict(zip(themes["theme_name"], themes["theme"], strict=True))
        return names | {theme: theme for theme in themes["theme"]}
    return {choice: choice for choice in choices.split("|")}


def _refuse_names(records: pd.DataFrame, found: Found) -> pd.DataFrame:
    """Return records with names masked where a role is asked."""
    is_role = records["breakdown"].str.endswith("_role") & records["called"].isna()
    names = records.loc[is_role, "value_text"].map(name_for_role)
    names = names[names.notna()]
    records.loc[names.index, "called"] = names
    records.loc[names.index, ["value_text", "means"]] = names.map(mask)
    found.tell("personal_data", records.loc[names.index])
    return records


def _not_agreed(records: pd.DataFrame) -> pd.Series:
    """Tell which cells are on a line of an experience whose person is not said to have agreed."""
    lines = records.set_index(LINE).index
    agreed = records[records["breakdown"].eq(AGREED) & records["means"].eq("yes")]
    is_experience = records["measure"].eq(EXPERIENCE)
    return is_experience & ~lines.isin(agreed.set_index(LINE).index)


def _tell_outcomes(records: pd.DataFrame, found: Found) -> None:
    is_experience = records["measure"].eq(EXPERIENCE)
    shown = records.assign(
        value_text=records["value_text"].mask(is_experience & records["outcome"].ne(REPAIRED), mask(OF_EXPERIENCES)),
        label=records["column_label"],
        expected=[_expected(*row) for row in zip(records["answer"], records["choices"], strict=True)],
    )
    is_date = records["answer"].eq("date")
    found.tell("date_repaired", _as_spoken(shown[is_date & records["outcome"].eq(REPAIRED)]))
    found.tell("choice_repaired", shown[~is_date & records["outcome"].eq(REPAIRED)])
    found.tell("ambiguous_date", shown[is_date & records["outcome"].eq(AMBIGUOUS)])
    found.tell("record_not_understood", shown[records["outcome"].eq(UNKNOWN)])


def _as_spoken(cells: pd.DataFrame) -> pd.DataFrame:
    return cells.assign(read_as=[spoken(date.fromisoformat(day)) for day in cells["means"]])


def _expected(answer: str, choices: str) -> str:
    if answer == "choice":
        names = read_seed("theme")["theme_name"] if choices == "theme" else choices.split("|")
        return "one of " + ", ".join(names)
    return {"date": "a date, such as 31 March 2025", "indicators": "codes of indicators, such as 2; 7a"}.get(
        answer, "text"
    )


def _tell_incomplete(records: pd.DataFrame, columns: pd.DataFrame, form: pd.DataFrame, found: Found) -> None:
    """Tell of records that lack what they need; a line with nothing but its first field is not begun yet."""
    if records.empty:
        return
    begun = records.groupby(LINE).agg(last=("position", lambda places: places.astype(int).max()))
    begun = begun[begun["last"] > 1].reset_index()
    asked = columns.loc[
        columns["is_required"].eq("true"), [*SHEET, "column_number", "column_label", "measure", "field"]
    ]
    asked = begun.merge(asked, on=SHEET).rename(columns={"field": "breakdown"})
    given = records.set_index([*LINE, "breakdown"]).index
    lacking = asked[~asked.set_index([*LINE, "breakdown"]).index.isin(given)]
    lacking = lacking.assign(cell=addresses(lacking), label=lacking["column_label"])
    found.tell("record_incomplete", lacking)


def _accounts(records: pd.DataFrame) -> pd.DataFrame:
    """Return the accounts of experiences whose persons agreed, one row an account."""
    told = records[records["measure"].eq(EXPERIENCE) & records["outcome"].isin([PLAIN, REPAIRED])]
    told = told[told["called"].isna()]
    lines = told.pivot_table(index=LINE, columns="breakdown", values="means", aggfunc="first").reset_index()
    lines = lines.reindex(columns=[*LINE, "theme", "indicators", ACCOUNT, AGREED]).dropna(subset=ACCOUNT)
    return lines.assign(has_agreed=True)[EXPERIENCE_COLUMNS]
