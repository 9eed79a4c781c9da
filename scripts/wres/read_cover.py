"""Read the cover: a label, and its answer in the column headed so, or else in the next one."""

from functools import cache

import numpy as np
import pandas as pd

from wres.entries import (
    AMBIGUOUS,
    MONTH_BEFORE_DAY,
    PLAIN,
    REPAIRED,
    UNKNOWN,
    Entry,
    may_be_month_first,
    read_amount,
    read_choice,
    read_date,
    spoken,
)
from wres.form import COVER_HEADINGS, COVER_SHEET, form_schemes
from wres.found import SHEET, Found, addresses, repaired
from wres.issues import issue_frame
from wres.labels import known_labels
from wres.personal import mask, name_for_role
from wres.reference import read_seed
from wres.sheet_cells import DAY, NUMBER, TEXT

PLACES = ("collection_year", "organisation_code", "service", "ethnic_detail")
DAYS = ("signed_off_on", "snapshot_date", "window_start")
BESIDE_MONTH_FIRST = "another date of the cover has the month first, so that this one may have it too"
MOST_VERSIONS = 1000  # a version number beyond is a slip of the keyboard


def read_cover(cells: pd.DataFrame) -> tuple[Found, pd.DataFrame, pd.DataFrame]:
    """Return the answers on covers, the facts of each return that can be placed, and why the others are refused."""
    lines, found = _lines(cells)
    lines = _refuse_names(_understood(lines), found)
    facts, refusals = _facts(lines, found)
    is_placed = lines["submission_id"].isin(facts["submission_id"])
    _tell_outcomes(lines[is_placed], found)
    answers = lines[is_placed & lines["value_text"].notna()].rename(columns={"field": "breakdown"})
    is_read = answers["outcome"].isin([PLAIN, REPAIRED])
    found.observations = answers.assign(
        value_text=answers["means"].where(is_read, answers["value_text"]), measure="cover"
    )
    return found, facts, refusals


def _lines(cells: pd.DataFrame) -> tuple[pd.DataFrame, Found]:
    """Return the cover's lines: the field, the cell of its answer, and the answer, null where that is blank."""
    fields = read_seed("form_cover").rename(columns={"kind": "answer"})
    heading = COVER_HEADINGS[1]
    known = known_labels(pd.Series([*fields["label"], heading]), "cover_label").rename(columns={"means": "cover_label"})
    labels = cells.merge(known, on="key").sort_values(["submission_id", "sheet", "row_number", "column_number"])
    of_answers = labels[labels["cover_label"] == heading].drop_duplicates(SHEET)
    labels = labels[labels["cover_label"] != heading].merge(
        fields, left_on="cover_label", right_on="label", suffixes=("", "_own")
    )
    labels = labels.drop(columns="label_own").sort_values(["submission_id", "cell_id"])
    labels = labels.drop_duplicates(["submission_id", "field"])

    at = of_answers[[*SHEET, "column_number"]].rename(columns={"column_number": "answer_column"})
    labels = labels.merge(at, on=SHEET, how="left")
    is_right_of = labels["answer_column"] > labels["column_number"]
    labels["answer_column"] = labels["answer_column"].where(is_right_of, labels["column_number"] + 1).astype(int)
    found = Found(labels, recognised=[labels["cell_id"], of_answers["cell_id"]])
    found.tell("label_repaired", repaired(labels, "cover_label"))
    found.tell("label_repaired", repaired(of_answers, "cover_label"))

    line = labels[[*SHEET, "row_number", "answer_column", "field", "answer", "choices", "is_required", "cover_label"]]
    answers = cells[[*SHEET, "row_number", "column_number", "cell_id", "cell", "value_text", "kind", "called"]]
    places = [*SHEET, "row_number", "column_number"]
    lines = line.rename(columns={"answer_column": "column_number"}).merge(answers, on=places, how="left")
    lines["cell"] = lines["cell"].astype(object).where(lines["cell"].notna(), addresses(lines))
    return lines.drop_duplicates(["submission_id", "field"]).reset_index(drop=True), found


def _understood(lines: pd.DataFrame) -> pd.DataFrame:
    """Return lines with what each answer ``means``, as text, and its ``outcome``."""
    years = pd.to_numeric(
        lines.loc[lines["field"] == "collection_year"].set_index("submission_id")["value_text"], errors="coerce"
    )
    near = lines["submission_id"].map(years)
    keys = list(
        zip(lines["value_text"], lines["kind"], lines["field"], lines["answer"], lines["choices"], near, strict=True)
    )
    read = {key: _read(*key) for key in dict.fromkeys(keys) if isinstance(key[0], str)}
    blank = Entry(None, UNKNOWN)
    entries = [read.get(key, blank) for key in keys]
    is_masked = lines["called"].notna()
    lines = lines.assign(
        means=pd.Series([entry.value for entry in entries], dtype=object).mask(is_masked, None),
        outcome=pd.Series([entry.outcome for entry in entries], dtype=object).mask(is_masked, "masked"),
        reason=[entry.reason for entry in entries],
    )
    return _ambiguous_beside_month_first(lines)


def _ambiguous_beside_month_first(lines: pd.DataFrame) -> pd.DataFrame:
    """Return lines where a date with the month first leaves no other date of its cover in figures certain."""
    is_month_first = lines["reason"].eq(MONTH_BEFORE_DAY)
    if not is_month_first.any():
        return lines
    beside = lines["submission_id"].isin(lines.loc[is_month_first, "submission_id"])
    is_text = lines["answer"].eq("date") & lines["kind"].eq(TEXT) & lines["outcome"].eq(REPAIRED)
    texts = lines["value_text"].where(beside & is_text, "")
    is_doubtful = texts.map(may_be_month_first)
    lines.loc[is_doubtful, ["means", "outcome"]] = [None, AMBIGUOUS]
    lines.loc[is_doubtful, "reason"] = BESIDE_MONTH_FIRST
    return lines


def _read(text: str, kind: str, field: str, answer: str, choices: str, near: float) -> Entry:  # noqa: PLR0913, PLR0917 - one cell
    if answer == "date":
        year = int(near) if np.isfinite(near) and abs(near) < 9999 else None
        entry = read_date(text, year) if kind in (TEXT, DAY) else Entry(None, UNKNOWN)
        return Entry(entry.value and entry.value.isoformat(), entry.outcome, entry.reason)
    if answer == "integer":
        entry = Entry(float(text), PLAIN) if kind == NUMBER else read_amount(text)
        is_whole = entry.value is not None and np.isfinite(entry.value) and entry.value % 1 == 0
        if field == "return_version" and is_whole:
            is_whole = abs(entry.value) < MOST_VERSIONS
        if entry.outcome == AMBIGUOUS or not is_whole:
            return Entry(None, entry.outcome if entry.outcome == AMBIGUOUS else UNKNOWN, entry.reason)
        return Entry(f"{entry.value:.0f}", entry.outcome)
    if answer == "code":
        known = _codes()
        bare = " ".join(text.split())
        closed = "".join(text.split())
        code = known.get(bare.casefold()) or known.get(closed.casefold())
        return Entry(code, PLAIN if bare.casefold() in known else REPAIRED) if code else Entry(None, UNKNOWN)
    if answer == "choice":
        return read_choice(text, _choices(choices))
    return Entry(text, PLAIN)


def _choices(choices: str) -> dict[str, str]:
    if choices == "ethnic_scheme":
        schemes = read_seed("ethnic_scheme").loc[lambda seed: seed["scheme"].isin(form_schemes())]
        names = dict(zip(schemes["scheme_name"], schemes["scheme"], strict=True))
        return names | {scheme: scheme for scheme in schemes["scheme"]}
    return {choice: choice for choice in choices.split("|")}


def _refuse_names(lines: pd.DataFrame, found: Found) -> pd.DataFrame:
    """Return lines with names masked where a role is asked."""
    is_role = lines["field"].str.endswith("_role") & lines["called"].isna() & lines["value_text"].notna()
    names = lines.loc[is_role, "value_text"].map(name_for_role)
    names = names[names.notna()]
    lines.loc[names.index, "called"] = names
    lines.loc[names.index, "value_text"] = names.map(mask)
    lines.loc[names.index, "outcome"] = "masked"
    found.tell("personal_data", lines.loc[names.index])
    return lines


def _facts(lines: pd.DataFrame, found: Found) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row per return that can be placed, and why the others are refused; tell of the other answers."""
    fields = read_seed("form_cover").set_index("field")
    means = lines.pivot(index="submission_id", columns="field", values="means").reindex(columns=fields.index)
    facts = pd.DataFrame(index=means.index)
    facts["collection_year"] = pd.to_numeric(means["collection_year"])
    facts["organisation_code"] = means["organisation_code"]
    facts["organisation_name"] = means["organisation_name"]
    facts["service"] = means["service"]
    facts["return_version"] = pd.to_numeric(means["return_version"])
    for day in DAYS:
        facts[day] = pd.to_datetime(means[day], format="%Y-%m-%d", errors="coerce").dt.date
    facts["ethnic_scheme"] = means["ethnic_detail"]
    facts["is_consent_given"] = means["consent_to_publish"].map({"yes": True, "no": False})

    allowed = _allowed()
    years = facts["collection_year"].isin(allowed["collection_year"])
    missing = lines[["submission_id"]].drop_duplicates().merge(fields.reset_index(), how="cross")
    missing = missing[missing["is_required"] == "true"].rename(columns={"label": "cover_label", "kind": "answer"})
    given = lines[["submission_id", "field", "sheet", "cell", "cell_id", "value_text", "means", "outcome"]]
    missing = missing.merge(given, on=["submission_id", "field"], how="left")
    is_year = missing["field"] == "collection_year"
    is_year_wrong = is_year & ~missing["submission_id"].isin(years[years].index)
    is_masked = missing["outcome"].eq("masked") & ~missing["field"].isin(PLACES)
    missing = missing[(missing["means"].isna() | is_year_wrong) & ~is_masked]
    missing = missing.assign(
        sheet=missing["sheet"].astype(object).fillna(COVER_SHEET),
        cell=missing["cell"].astype(object).fillna(""),
        label=missing["cover_label"],
        value_text=missing["value_text"].astype(object).fillna(""),
        found=[f"'{text}'" if isinstance(text, str) else "empty" for text in missing["value_text"]],
        expected=[_expected(*row, allowed) for row in zip(missing["field"], missing["answer"], strict=True)],
    )
    is_place = missing["field"].isin(PLACES)
    refused = missing[is_place]
    refusals = issue_frame(refused["submission_id"], "return_not_placed", refused)
    facts = facts[~facts.index.isin(refused["submission_id"])].reset_index()
    wrong = missing[
        ~is_place & missing["outcome"].ne(AMBIGUOUS) & missing["submission_id"].isin(facts["submission_id"])
    ]
    found.tell("cover_not_understood", wrong)
    return facts.assign(dataset="sc_wres_return", collection="sc-wres"), refusals


def _tell_outcomes(lines: pd.DataFrame, found: Found) -> None:
    """Tell what was repaired, what may mean several things, and what may stay empty and was not understood."""
    is_date, is_number = lines["answer"].eq("date"), lines["answer"].eq("integer")
    is_repaired, is_ambiguous = lines["outcome"].eq(REPAIRED), lines["outcome"].eq(AMBIGUOUS)
    dates = lines[is_date & is_repaired]
    read_as = [spoken(day) for day in pd.to_datetime(dates["means"], format="%Y-%m-%d").dt.date]
    found.tell("date_repaired", dates.assign(read_as=read_as))
    lines = lines.assign(read_as=lines["means"])
    found.tell("number_repaired", lines[is_number & is_repaired])
    found.tell("choice_repaired", lines[~is_date & ~is_number & is_repaired])
    found.tell("ambiguous_date", lines[is_date & is_ambiguous])
    found.tell("ambiguous_number", lines[is_number & is_ambiguous])
    is_optional = lines["is_required"].ne("true") & lines["value_text"].notna()
    wrong = lines[is_optional & lines["outcome"].eq(UNKNOWN)]
    expected = [_expected(*row, _allowed()) for row in zip(wrong["field"], wrong["answer"], strict=True)]
    quoted = [f"'{text}'" for text in wrong["value_text"]]
    found.tell("cover_not_understood", wrong.assign(label=wrong["cover_label"], found=quoted, expected=expected))


@cache
def _codes() -> dict[str, str]:
    return {code.casefold(): code for code in _allowed()["organisation_code"]}


@cache
def _allowed() -> dict[str, set]:
    """Return the values that place a return, from the seeds."""
    areas = read_seed("area_register").query("area_level == 'authority'")["area_code"]
    services = set(read_seed("service")["service"]) - {"all"}
    years = {int(year) for year in read_seed("collection_round")["collection_year"]}
    return {
        "collection_year": years,
        "organisation_code": set(areas) | set(read_seed("organisation_register")["organisation_code"]),
        "service": services,
    }


def _expected(field: str, kind: str, allowed: dict[str, set]) -> str:
    if field in allowed and len(allowed[field]) < 12:
        return "one of " + ", ".join(str(value) for value in sorted(allowed[field]))
    return {
        "date": "a date, such as 31 March 2025",
        "integer": "a whole number",
        "code": "the code that the organisation was given on registering",
        "choice": "one of the choices offered in the cell",
    }.get(kind, "some text")
