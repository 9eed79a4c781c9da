"""Read SC-WRES return workbooks into observations, all files of a receipt at once.

Sheets, columns and rows are found by their labels, which the form's seeds define; positions are not assumed.
"""

from datetime import date, datetime
from pathlib import Path

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from wres.form import COVER_SHEET, GROUP_HEADING, TOTAL_LABEL
from wres.issues import Refused, issue_frame, message
from wres.reading import Reading, column_letters
from wres.reference import read_seed

IDENTITY = ["collection_year", "organisation_code", "service"]
CELL_COLUMNS = ["submission_id", "sheet", "row_number", "column_number", "value_text"]


def read_cells(path: Path, submission_id: str) -> list[tuple[str, str, int, int, str]]:
    """Return the filled cells of a workbook: submission, sheet, row and column (both from 1), text.

    Raises ``Refused`` when the file is not a workbook that can be read, or has no cover sheet.
    """
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            names = workbook.sheet_names
            if not any(_plain(name) == _plain(COVER_SHEET) for name in names):
                raise Refused("unknown_workbook", found=", ".join(names))
            return [
                (submission_id, name, row, column, text)
                for name in names
                for row, values in enumerate(workbook.get_sheet_by_name(name).to_python(skip_empty_area=False), 1)
                for column, value in enumerate(values, 1)
                if (text := _text(value))
            ]
    except (CalamineError, OSError) as error:
        raise Refused("unreadable_workbook", found=str(error)) from None


def read_returns(cells: list[tuple[str, str, int, int, str]]) -> tuple[Reading, dict[str, tuple[str, str]]]:
    """Return what the workbooks say, and for each that cannot be placed its rule code and message.

    A return is placed by its collection year, organisation and service; without all three its counts have no home.
    """
    frame = pd.DataFrame(cells, columns=CELL_COLUMNS)
    letters = frame["column_number"].map(lambda number: column_letters(number - 1))
    frame["cell"] = letters + frame["row_number"].astype(str)
    frame["label"] = _plain_all(frame["value_text"])
    frame["sheet_label"] = _plain_all(frame["sheet"])
    is_cover = frame["sheet_label"] == _plain(COVER_SHEET)

    cover, cover_rest = _cover_cells(frame[is_cover])
    facts, cover_issues, refused = _facts(cover)
    frame = frame[~is_cover & frame["submission_id"].isin(facts["submission_id"])]
    counts, rest = _count_cells(frame, facts)
    rest = pd.concat([rest, cover_rest[cover_rest["submission_id"].isin(facts["submission_id"])]])

    cover = cover[cover["submission_id"].isin(facts["submission_id"])].assign(measure="cover")
    cover = cover.rename(columns={"field": "breakdown"})
    placed = facts.set_index("submission_id")
    observations = pd.concat([counts, cover], ignore_index=True)
    observations["collection_year"] = observations["submission_id"].map(placed["collection_year"])
    observations["area_code"] = observations["submission_id"].map(placed["organisation_code"])
    observations["area_name"] = observations["submission_id"].map(placed["organisation_name"])
    observations["ethnic_scheme"] = observations["submission_id"].map(placed["ethnic_scheme"])
    observations["area_level"] = "organisation"
    issues = [cover_issues, issue_frame(rest["submission_id"], "cell_not_recognised", rest)]
    return Reading(facts, observations, pd.concat(issues, ignore_index=True)), refused


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return str(value).strip()


def _plain(label: str) -> str:
    return " ".join(label.casefold().split())


def _plain_all(labels: pd.Series) -> pd.Series:
    known = {label: _plain(label) for label in labels.unique()}
    return labels.map(known)


def _cover_cells(cells: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cover's answers with their field, and filled cells that are neither the form's words nor answers."""
    fields = read_seed("form_cover")
    by_label = dict(zip(_plain_all(fields["label"]), fields["field"], strict=True))
    labels = cells.assign(field=cells["label"].map(by_label)).dropna(subset="field")
    labels = labels[labels["column_number"] == 1]
    rows = labels[["submission_id", "row_number", "field"]].drop_duplicates(["submission_id", "field"])
    answers = cells[cells["column_number"] == 2].merge(rows, on=["submission_id", "row_number"], how="left")
    guidance = set(_plain_all(fields["guidance"]))
    others = answers["field"].isna() & (answers["row_number"] > labels["row_number"].min())
    rest = pd.concat(
        [answers[others], cells[(cells["column_number"] > 2) & ~cells["label"].isin(guidance | {"what to enter", "guidance"})]]
    )
    return answers.dropna(subset="field"), rest


def _facts(cover: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, tuple[str, str]]]:
    """Return one row per return that can be placed, issues of its cover, and the returns that cannot be placed."""
    answers = cover.pivot(index="submission_id", columns="field", values="value_text")
    cells = cover.pivot(index="submission_id", columns="field", values="cell")
    fields = read_seed("form_cover").set_index("field")
    answers = answers.reindex(columns=fields.index)
    schemes = read_seed("ethnic_scheme")
    scheme_codes = {_plain(scheme): scheme for scheme in schemes["scheme"]}
    scheme_codes |= {_plain(name): scheme for scheme, name in schemes[["scheme", "scheme_name"]].itertuples(index=False)}

    facts = pd.DataFrame(index=answers.index)
    facts["collection_year"] = pd.to_numeric(answers["collection_year"], errors="coerce")
    facts["organisation_code"] = answers["organisation_code"].str.strip()
    facts["organisation_name"] = answers["organisation_name"]
    facts["service"] = answers["service"].str.casefold()
    facts["return_version"] = pd.to_numeric(answers["return_version"], errors="coerce")
    for field in ("signed_off_on", "snapshot_date", "window_start"):
        facts[field] = pd.to_datetime(answers[field], format="%Y-%m-%d", errors="coerce").dt.date
    facts["ethnic_scheme"] = answers["ethnic_detail"].map(lambda text: scheme_codes.get(_plain(str(text))))
    facts["is_consent_given"] = answers["consent_to_publish"].str.casefold().map({"yes": True, "no": False})

    understood = facts.rename(columns={"ethnic_scheme": "ethnic_detail", "is_consent_given": "consent_to_publish"})
    allowed = _allowed()
    for field, values in allowed.items():
        understood[field] = understood[field].where(understood[field].isin(values))
    wrong, refused = [], {}
    for field in [name for name in understood.columns if fields.at[name, "is_required"] == "true"]:
        missing = understood.index[understood[field].isna()]
        detail = pd.DataFrame(
            {
                "submission_id": missing,
                "sheet": COVER_SHEET,
                "cell": cells.reindex(missing).get(field, pd.Series(index=missing, dtype=object)).fillna("B").to_numpy(),
                "value_text": answers.loc[missing, field].fillna("").to_numpy(),
                "label": fields.at[field, "label"],
                "expected": _expected(field, fields.at[field, "kind"], allowed),
            }
        )
        if field in (*IDENTITY, "ethnic_detail"):
            for row in detail.to_dict("records"):
                refused.setdefault(row["submission_id"], ("return_not_placed", message("return_not_placed", **row)))
        elif len(detail):
            wrong.append(issue_frame(detail["submission_id"], "cover_not_understood", detail))
    issues = pd.concat(wrong, ignore_index=True) if wrong else issue_frame("", "cover_not_understood", None)
    facts = facts[~facts.index.isin(refused)].reset_index()
    return facts.assign(dataset="sc_wres_return", collection="sc-wres"), issues, refused


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


def _count_cells(cells: pd.DataFrame, facts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cells that hold a count, with measure, breakdown and ethnic value; and the cells not recognised."""
    sheet = ["submission_id", "sheet"]
    is_heading = (cells["column_number"] == 1) & (cells["label"] == _plain(GROUP_HEADING))
    heading_rows = cells[is_heading].groupby(sheet)["row_number"].min().rename("heading_row")
    cells = cells.merge(heading_rows, on=sheet, how="left")
    cells = cells.merge(facts[["submission_id", "collection_year", "ethnic_scheme"]], on="submission_id")

    form = read_seed("form_column")
    form = form.assign(
        sheet_label=_plain_all(form["sheet"]),
        column_label=_plain_all(form["column_label"]),
        first_year=pd.to_numeric(form["first_year"]),
        last_year=pd.to_numeric(form["last_year"]).fillna(9999),
    )
    headers = cells[(cells["row_number"] == cells["heading_row"]) & (cells["column_number"] > 1)]
    columns = headers.merge(form, left_on=["sheet_label", "label"], right_on=["sheet_label", "column_label"], suffixes=("", "_form"))
    columns = columns[columns["collection_year"].between(columns["first_year"], columns["last_year"])]

    groups = read_seed("ethnic_group_mapping")
    groups = pd.concat([groups, pd.DataFrame({"scheme": groups["scheme"].unique(), "value": TOTAL_LABEL})])
    groups = groups.assign(label=_plain_all(groups["value"]))[["scheme", "label", "value"]].drop_duplicates(["scheme", "label"])
    below = cells[cells["row_number"] > cells["heading_row"]]
    rows = below[below["column_number"] == 1].merge(
        groups, left_on=["ethnic_scheme", "label"], right_on=["scheme", "label"]
    )

    body = below[below["column_number"] > 1]
    body = body.merge(columns[[*sheet, "column_number", "measure", "breakdown"]], on=[*sheet, "column_number"], how="left")
    body = body.merge(
        rows[[*sheet, "row_number", "value"]].rename(columns={"value": "ethnic_value"}), on=[*sheet, "row_number"], how="left"
    )
    is_known = body["measure"].notna() & body["ethnic_value"].notna()
    # Above the heading the form has words of its own in the first column; anything beside them was typed in.
    stray = cells[(cells["column_number"] > 1) & ~(cells["row_number"] >= cells["heading_row"])]
    label_cells = below[below["column_number"] == 1]
    unknown_label = ~label_cells.set_index([*sheet, "row_number"]).index.isin(rows.set_index([*sheet, "row_number"]).index)
    unknown_header = ~headers.set_index([*sheet, "column_number"]).index.isin(columns.set_index([*sheet, "column_number"]).index)
    rest = pd.concat([body[~is_known], stray, label_cells[unknown_label], headers[unknown_header]])
    return body[is_known], rest
