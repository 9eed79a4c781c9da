"""Read SC-WRES return workbooks into observations, all files of a receipt at once.

Sheets, columns and rows are found by their labels, which the form's seeds define; positions are not assumed.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from wres.form import COVER_HEADINGS, COVER_SHEET, GROUP_HEADING, TOTAL_LABEL, form_schemes, own_cells
from wres.issues import Refused, issue_frame
from wres.reading import Reading, column_letters, record_topics
from wres.reference import read_seed
from wres.workbook import filled_cells

PLACES = ("collection_year", "organisation_code", "service", "ethnic_detail")
MOST_VERSIONS = 1000  # a version number beyond is a slip of the keyboard
SYNTHETIC = "synthetic:"
TEXT = pd.StringDtype(na_value=np.nan)
CELL_COLUMNS = ["submission_id", "sheet", "row_number", "column_number", "value_text"]


def read_cells(path: Path, submission_id: str) -> list[tuple[str, str, int, int, str]]:
    """Return the filled cells of a workbook: submission, sheet, row and column (both from 1), text.

    Raises ``Refused`` when the file is not a workbook that can be read, or is not the form.
    """
    sheets = filled_cells(path)
    cells = [
        (submission_id, sheet, row, column, text)
        for sheet, texts in sheets.items()
        for (row, column), text in texts.items()
    ]
    labels = set(_plain_all(read_seed("form_cover")["label"]))
    if not any(_plain(sheet) == _plain(COVER_SHEET) and _plain(text) in labels for _, sheet, _, _, text in cells):
        raise Refused("unknown_workbook", found=", ".join(sheets))
    return cells


def read_returns(cells: list[tuple[str, str, int, int, str]]) -> tuple[Reading, pd.DataFrame]:
    """Return what the workbooks say, and why those that cannot be placed are refused, as issues.

    A return is placed by its collection year, organisation and service, and its rows by the ethnic scheme;
    without all four its counts have no home.
    """
    frame = pd.DataFrame(cells, columns=CELL_COLUMNS)
    letters = frame["column_number"].map(lambda number: column_letters(number - 1))
    frame["cell"] = letters + frame["row_number"].astype(str)
    frame["label"] = _plain_all(frame["value_text"])
    frame["sheet_label"] = _plain_all(frame["sheet"])
    is_cover = frame["sheet_label"] == _plain(COVER_SHEET)

    lines, cover_rest = _cover_lines(frame[is_cover])
    facts, cover_issues, refusals = _facts(lines)
    is_title = (frame["row_number"] == 1) & (frame["column_number"] == 1)
    marked = frame[is_title & frame["label"].str.startswith(SYNTHETIC)]
    facts["is_synthetic"] = facts["submission_id"].isin(marked["submission_id"])
    is_placed = frame["submission_id"].isin(facts["submission_id"])
    is_record = frame["sheet_label"].isin(_plain_all(read_seed("form_sheet").query("kind == 'records'")["sheet"]))
    counts, rest, missing = _count_cells(frame[~is_cover & ~is_record & is_placed], facts)
    records, record_rest = _record_cells(frame[is_record & is_placed], facts)
    rest = pd.concat([rest, record_rest, cover_rest[cover_rest["submission_id"].isin(facts["submission_id"])]])
    rest = rest[~own_cells(rest, frame, facts).to_numpy()]

    answers = lines[lines["value_text"].notna() & lines["submission_id"].isin(facts["submission_id"])]
    answers = answers.rename(columns={"field": "breakdown"}).assign(measure="cover")
    placed = facts.set_index("submission_id")
    observations = pd.concat([counts, answers, records], ignore_index=True)
    observations["collection_year"] = observations["submission_id"].map(placed["collection_year"])
    observations["area_code"] = observations["submission_id"].map(placed["organisation_code"])
    observations["area_name"] = observations["submission_id"].map(placed["organisation_name"])
    observations["ethnic_scheme"] = observations["submission_id"].map(placed["ethnic_scheme"])
    observations.loc[observations["measure"].isin(record_topics()), "ethnic_scheme"] = None
    observations["area_level"] = "organisation"
    issues = [
        cover_issues,
        issue_frame(rest["submission_id"], "cell_not_recognised", rest),
        issue_frame(missing["submission_id"], "columns_not_found", missing),
    ]
    return Reading(facts, observations, pd.concat(issues, ignore_index=True)), refusals


def _plain(label: str) -> str:
    return " ".join(label.casefold().split())


def _plain_all(labels: pd.Series) -> pd.Series:
    known = {label: _plain(label) for label in labels.unique()}
    return labels.map(known)


def _cover_lines(cells: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cover's lines, and filled cells that are neither an answer nor the form's own words.

    A line has its field, the cell of its answer, and the answer, which is null where the cell is blank.
    """
    fields = read_seed("form_cover")
    by_label = dict(zip(_plain_all(fields["label"]), fields["field"], strict=True))
    line = ["submission_id", "sheet", "row_number"]
    labels = cells[cells["column_number"] == 1]
    labels = labels.assign(field=labels["label"].map(by_label)).dropna(subset="field")
    labels = labels.drop_duplicates(["submission_id", "field"])[[*line, "field"]]

    cells = cells.merge(labels, on=line, how="left")
    is_answer = (cells["column_number"] == 2) & cells["field"].notna()
    lines = labels.merge(cells.loc[is_answer, [*line, "value_text"]], on=line, how="left")
    lines["cell"] = "B" + lines["row_number"].astype(str)

    own_words = {*by_label, *_plain_all(fields["guidance"]), *(_plain(heading) for heading in COVER_HEADINGS)}
    headings = cells[(cells["column_number"] == 1) & (cells["label"] == _plain(COVER_HEADINGS[0]))]
    headings = headings.groupby(["submission_id", "sheet"])["row_number"].min().rename("heading_row")
    cells = cells.merge(headings, on=["submission_id", "sheet"], how="left")
    is_above = (cells["column_number"] == 1) & (cells["row_number"] < cells["heading_row"])
    return lines, cells[~is_answer & ~cells["label"].isin(own_words) & ~is_above]


def _facts(lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return one row per return that can be placed, issues of its cover, and why the others are refused."""
    fields = read_seed("form_cover").set_index("field")
    answers = lines.pivot(index="submission_id", columns="field", values="value_text")
    answers = answers.reindex(columns=fields.index).astype(TEXT)
    cells = lines.pivot(index="submission_id", columns="field", values="cell").reindex(columns=fields.index)
    plain = answers.apply(lambda texts: texts.map(_plain, na_action="ignore"))
    allowed = _allowed()
    schemes = (
        read_seed("ethnic_scheme")
        .loc[lambda seed: seed["scheme"].isin(form_schemes())]
        .set_index("scheme")["scheme_name"]
    )
    scheme_codes = {_plain(words): scheme for scheme, name in schemes.items() for words in (scheme, name)}

    facts = pd.DataFrame(index=answers.index)
    facts["collection_year"] = pd.to_numeric(answers["collection_year"], errors="coerce")
    facts["organisation_code"] = plain["organisation_code"].map(
        {_plain(code): code for code in allowed["organisation_code"]}
    )
    facts["organisation_name"] = answers["organisation_name"]
    facts["service"] = plain["service"]
    version = pd.to_numeric(answers["return_version"], errors="coerce")
    facts["return_version"] = version.where(version.abs().lt(MOST_VERSIONS) & version.mod(1).eq(0))
    for field in ("signed_off_on", "snapshot_date", "window_start"):
        facts[field] = pd.to_datetime(answers[field], format="%Y-%m-%d", errors="coerce").dt.date
    facts["ethnic_scheme"] = plain["ethnic_detail"].map(scheme_codes)
    facts["is_consent_given"] = plain["consent_to_publish"].map({"yes": True, "no": False})

    understood = facts.rename(columns={"ethnic_scheme": "ethnic_detail", "is_consent_given": "consent_to_publish"})
    for field, values in allowed.items():
        understood[field] = understood[field].where(understood[field].isin(values))
    understood["signed_off_role"] = answers["signed_off_role"]
    required = fields.index[fields["is_required"] == "true"]
    wrong, refused = [], []
    for field in required:
        missing = understood.index[understood[field].isna()]
        detail = pd.DataFrame(
            {
                "submission_id": missing,
                "sheet": COVER_SHEET,
                "cell": cells.loc[missing, field].fillna("").to_numpy(),
                "value_text": answers.loc[missing, field].fillna("").to_numpy(),
                "label": fields.at[field, "label"],
                "found": [f"'{text}'" if text else "empty" for text in answers.loc[missing, field].fillna("")],
                "expected": _expected(field, fields.at[field, "kind"], allowed),
            }
        )
        if field in PLACES:
            refused.append(issue_frame(detail["submission_id"], "return_not_placed", detail))
        else:
            wrong.append(issue_frame(detail["submission_id"], "cover_not_understood", detail))
    refusals = pd.concat(refused, ignore_index=True)
    facts = facts[~facts.index.isin(refusals["submission_id"])].reset_index()
    facts = facts.assign(dataset="sc_wres_return", collection="sc-wres")
    issues = pd.concat(wrong, ignore_index=True)
    return facts, issues[issues["submission_id"].isin(facts["submission_id"])], refusals


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
        "date": "a date",
        "integer": "a whole number",
        "code": "the code that the organisation was given on registering",
        "choice": "one of the choices offered in the cell",
    }.get(kind, "some text")


def _count_cells(cells: pd.DataFrame, facts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the cells that hold a count, with what they count; those that are not recognised; and, by sheet, the
    columns of the form that were not found."""
    sheet = ["submission_id", "sheet"]
    form = read_seed("form_column")
    form = form.assign(
        sheet_label=_plain_all(form["sheet"]),
        label=_plain_all(form["column_label"]),
        first_year=pd.to_numeric(form["first_year"]),
        last_year=pd.to_numeric(form["last_year"]).fillna(9999),
    )
    is_heading = (cells["column_number"] == 1) & (cells["label"] == _plain(GROUP_HEADING))
    is_heading &= cells["sheet_label"].isin(form["sheet_label"])
    headings = cells[is_heading].groupby(sheet)["row_number"].min().rename("heading_row")
    cells = cells.merge(headings, on=sheet, how="left")
    cells = cells.merge(facts[["submission_id", "collection_year", "ethnic_scheme"]], on="submission_id")

    is_first, is_below = cells["column_number"] == 1, cells["row_number"] > cells["heading_row"]
    headers = cells[(cells["row_number"] == cells["heading_row"]) & ~is_first]
    columns = headers.merge(form.drop(columns="sheet"), on=["sheet_label", "label"])
    columns = columns[columns["collection_year"].between(columns["first_year"], columns["last_year"])]
    missing = _missing_columns(form, columns, facts)
    columns = columns[[*sheet, "column_number", "measure", "breakdown"]]

    groups = read_seed("ethnic_group_mapping")[["scheme", "value"]]
    groups = pd.concat([groups, pd.DataFrame({"scheme": groups["scheme"].unique(), "value": TOTAL_LABEL})])
    groups = groups.assign(label=_plain_all(groups["value"])).drop_duplicates(["scheme", "label"])
    groups = groups.rename(columns={"scheme": "ethnic_scheme", "value": "ethnic_value"})
    rows = cells[is_first & is_below].merge(groups, on=["ethnic_scheme", "label"])
    rows = rows[[*sheet, "row_number", "ethnic_value"]]

    cells = cells.merge(columns, on=[*sheet, "column_number"], how="left")
    cells = cells.merge(rows, on=[*sheet, "row_number"], how="left")
    is_first, is_below = cells["column_number"] == 1, cells["row_number"] > cells["heading_row"]
    is_inside = is_below & ~is_first & cells["measure"].notna() & cells["ethnic_value"].notna()
    # The form's own: what stands above the table in the first column, the labels that were found, and its sums
    # where the program that saved the file has not worked them out.
    is_sum = is_inside & (cells["ethnic_value"] == TOTAL_LABEL) & cells["value_text"].str.startswith("=")
    is_count = is_inside & ~is_sum
    is_above = is_first & (cells["row_number"] <= cells["heading_row"])
    is_label = is_first & cells["ethnic_value"].notna()
    is_header = (cells["row_number"] == cells["heading_row"]) & cells["measure"].notna()
    return cells[is_count], cells[~is_inside & ~is_above & ~is_label & ~is_header], missing


def _record_cells(cells: pd.DataFrame, facts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cells of records, with their topic and field, and those that are not recognised."""
    sheet = ["submission_id", "sheet"]
    sheets = read_seed("form_sheet").query("kind == 'records'")[["sheet", "topic"]].rename(columns={"topic": "measure"})
    form = read_seed("form_record").merge(sheets, on="sheet")
    form = form.assign(
        sheet_label=_plain_all(form["sheet"]),
        label=_plain_all(form["column_label"]),
        first_year=pd.to_numeric(form["first_year"]),
        last_year=pd.to_numeric(form["last_year"]).fillna(9999),
    )
    cells = cells.merge(facts[["submission_id", "collection_year"]], on="submission_id")
    first_labels = set(form.drop_duplicates("sheet_label")["label"])
    is_heading = (cells["column_number"] == 1) & cells["label"].isin(first_labels)
    cells = cells.merge(
        cells[is_heading].groupby(sheet)["row_number"].min().rename("heading_row"), on=sheet, how="left"
    )
    headers = cells[cells["row_number"] == cells["heading_row"]]
    columns = headers.merge(form.drop(columns="sheet"), on=["sheet_label", "label"])
    columns = columns[columns["collection_year"].between(columns["first_year"], columns["last_year"])]
    columns = columns[[*sheet, "column_number", "measure", "field"]].rename(columns={"field": "breakdown"})
    cells = cells.merge(columns, on=[*sheet, "column_number"], how="left")
    is_found = cells["measure"].notna()
    is_record = is_found & (cells["row_number"] > cells["heading_row"])
    is_own = (cells["row_number"] < cells["heading_row"]) & (cells["column_number"] == 1)
    is_own |= is_found & (cells["row_number"] == cells["heading_row"])
    return cells[is_record], cells[~is_record & ~is_own]


def _missing_columns(form: pd.DataFrame, found: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per return and sheet of its year's form that lacks columns, with their labels."""
    asked = facts[["submission_id", "collection_year"]].merge(form, how="cross")
    asked = asked[asked["collection_year"].between(asked["first_year"], asked["last_year"])]
    column = ["submission_id", "sheet_label", "label"]
    asked = asked[~asked.set_index(column).index.isin(found.set_index(column).index)]
    return asked.groupby(["submission_id", "sheet"], as_index=False).agg(columns=("column_label", ", ".join))
