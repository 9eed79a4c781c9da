"""Read SC-WRES returns into observations, all files of a receipt at once.

Sheets, columns and rows are found by their labels, which the form's seeds define; positions are not assumed. Every
filled cell ends as an observation, as a recognised word of the form, or in an issue that names it; that is counted.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from wres.batch import ISSUES, OBSERVATIONS
from wres.found import SHEET, Found
from wres.issues import issue_frame
from wres.labels import (
    SYNTHETIC,
    form_words,
    own_columns,
    own_formulas,
    own_results,
    plain,
    plain_all,
    reduced_all,
    sheet_names,
)
from wres.limits import limit
from wres.personal import mask, personal_data
from wres.read_counts import read_counts
from wres.read_cover import read_cover
from wres.read_records import OF_EXPERIENCES, read_records
from wres.reading import Reading, record_topics
from wres.reference import read_seed
from wres.sent_return import SHEET_NAME, SentReturn, read_sent
from wres.sheet_cells import DAY, NUMBER, OTHER, TEXT

CELL_COLUMNS = ["sheet", "row_number", "column_number", "value_text", "kind", "is_formula", "cell", "cells_of_file"]
COPY = re.compile(r"^copy of | copy(?: \d{1,2})?$| \d{1,2}$")  # what programs add to the name of a sheet that is copied
FEWEST_FIGURES = 10  # of a number that may be of a telephone or of a person
MOST_NAMED = 20  # cells that the reader lost, named in its message
ADDRESS = ["submission_id", "sheet", "cell"]


def read_cells(path: Path, submission_id: str) -> list[SentReturn]:
    """Return the filled cells of a return, workbook or table.

    Raises ``Refused`` when the file cannot be read, or is not the form.
    """
    return [read_sent(path, submission_id)]


def read_returns(sent: Sequence[SentReturn]) -> tuple[Reading, pd.DataFrame]:
    """Return what the returns say, and why those that cannot be placed are refused, as issues.

    A return is placed by its collection year, organisation and service, and its rows by the ethnic scheme;
    without all four its counts have no home. Personal data is masked before anything else looks at a cell.
    """
    frame, masked_cells = _without_personal_data(_frame(sent))
    kinds = read_seed("form_sheet").drop_duplicates("sheet").set_index("sheet")["kind"]
    sheet_kind = frame["form_sheet"].map(kinds)

    cover, facts, refusals = read_cover(frame[sheet_kind.eq("cover")])
    if facts.empty:
        return Reading(facts, _nothing(OBSERVATIONS.names), _nothing(ISSUES.names)), _of_tables(refusals, _tables(sent))
    marked = frame[frame["label"].str.startswith(SYNTHETIC) & frame["label"].isin(form_words())]
    facts["is_synthetic"] = facts["submission_id"].isin(marked["submission_id"])
    is_placed = frame["submission_id"].isin(facts["submission_id"])
    counts = read_counts(frame[sheet_kind.eq("counts") & is_placed], facts)
    records, experiences, kept_apart = read_records(frame[sheet_kind.eq("records") & is_placed], facts)

    observations = pd.concat([counts.observations, cover.observations, records.observations], ignore_index=True)
    observations = _placed(observations, facts)
    issues = [issue for found in (cover, counts, records) for issue in found.issues]
    issues += [issue_frame(masked_cells["submission_id"], "personal_data", masked_cells), *_notes(sent, frame)]

    frame = frame[is_placed]
    used = frame["cell_id"].isin(set(observations["cell_id"]) | set(kept_apart))
    recognised = _recognised(frame, (cover, counts, records))
    told = pd.concat(issues, ignore_index=True)
    is_told = _is_named(frame, told)
    rest = frame[~used & ~recognised & ~is_told]
    is_experience = rest["is_of_experiences"]
    rest = rest.assign(value_text=rest["value_text"].mask(is_experience, mask(OF_EXPERIENCES)))
    is_among_many = rest.groupby(SHEET)["cell"].transform("size") > limit("stray_cells")
    many, few = rest[is_among_many], rest[~is_among_many]
    issues += [issue_frame(few["submission_id"], "cell_not_recognised", few), _of_many(many)]

    told = pd.concat(issues, ignore_index=True)
    told = told[told["submission_id"].isin(facts["submission_id"])]
    is_told = _is_named(frame, told) | frame["cell_id"].isin(many["cell_id"])
    facts, lost = _counted(facts, sent, frame, used, recognised, is_told)
    facts["has_personal_data"] = facts["submission_id"].isin(
        told.query("rule_code == 'personal_data'")["submission_id"]
    )
    tables = _tables(sent)
    issues = _of_tables(pd.concat([told, lost], ignore_index=True), tables)
    refusals = _of_tables(refusals, tables)
    # Only what is meant for the batch: beside it, cells are still known as they were sent.
    observations = _of_tables(observations.reindex(columns=OBSERVATIONS.names), tables)
    return Reading(facts, observations, issues, experiences.reset_index(drop=True)), refusals


def _nothing(columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=columns, dtype=object)


def _tables(sent: Sequence[SentReturn]) -> set[str]:
    return {one.submission_id for one in sent if one.is_table}


def _frame(sent: Sequence[SentReturn]) -> pd.DataFrame:
    """Return the filled cells of all files, each with a number, its label as compared, and the sheet that it is on."""
    frame = pd.DataFrame([cell for one in sent for cell in one.cells], columns=CELL_COLUMNS)
    frame.insert(0, "submission_id", np.repeat([one.submission_id for one in sent], [len(one.cells) for one in sent]))
    frame["cell_id"] = np.arange(len(frame))
    frame[["last_row", "last_column"]] = _last_cells(sent, frame)
    frame["label"] = plain_all(frame["value_text"])
    frame["key"] = reduced_all(frame["value_text"])
    names = reduced_all(frame["sheet"])
    of_copies = names.map({name: _copied(name) for name in names.unique()})
    frame["form_sheet"] = names.map(sheet_names()).fillna(of_copies)
    agreed = read_seed("form_record").query("field == 'has_agreed'")
    is_such = frame["form_sheet"].isin(set(agreed["sheet"])) | frame["label"].isin(
        {plain(text) for text in agreed["column_label"]}
    )
    frame["is_of_experiences"] = frame.set_index(SHEET).index.isin(frame[is_such].set_index(SHEET).index)
    return frame


def _copied(name: str) -> str | None:
    """Return the sheet of counts of which a sheet is a copy by its name, such as 'workforce 2': both are read, and a
    figure that both give is then told of as given twice.
    """
    sheet = sheet_names().get(COPY.sub("", name))
    return sheet if sheet in set(read_seed("form_sheet").query("kind == 'counts'")["sheet"]) else None


def _last_cells(sent: Sequence[SentReturn], frame: pd.DataFrame) -> pd.DataFrame:
    """Return the row and column of the last cell of those merged into one; a cell by itself is its own last."""
    places = [*SHEET, "row_number", "column_number"]
    last = [(one.submission_id, *first, *end) for one in sent for first, end in one.merged.items()]
    ranges = pd.DataFrame(last, columns=[*places, "last_row", "last_column"]).drop_duplicates(places)
    ends = frame[places].merge(ranges.astype(frame[places].dtypes.to_dict()), on=places, how="left")
    ends["last_row"] = ends["last_row"].fillna(ends["row_number"]).astype(int)
    ends["last_column"] = ends["last_column"].fillna(ends["column_number"]).astype(int)
    return ends[["last_row", "last_column"]].set_axis(frame.index)


def _without_personal_data(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cells with personal data masked, and those that were masked; ``called`` says what was seen."""
    own = form_words()
    # A number may be one of a telephone or of a person where it is long; a day may be of birth.
    is_long = frame["kind"].eq(NUMBER) & (frame["value_text"].str.len() >= FEWEST_FIGURES)
    is_text = frame["kind"].isin([TEXT, OTHER, SHEET_NAME, DAY]) | is_long
    texts = frame.loc[is_text, ["value_text", "label"]].drop_duplicates()
    texts = texts.loc[~texts["label"].isin(own), "value_text"].unique()
    seen = {text: called for text in texts if (called := personal_data(text))}
    sheets = {name: mask(called) for name in frame["sheet"].unique() if (called := personal_data(name))}
    called = frame["value_text"].map(seen).where(is_text).astype(object)
    frame = frame.assign(
        called=called.where(called.notna(), None), sheet=frame["sheet"].map(lambda name: sheets.get(name, name))
    )
    is_masked = frame["called"].notna()
    frame.loc[is_masked, "value_text"] = frame.loc[is_masked, "called"].map(mask)
    frame.loc[is_masked, ["label", "key"]] = ""
    named = frame[frame["sheet"].isin(set(sheets.values()))].drop_duplicates(SHEET)
    named = named.assign(
        cell="", value_text=named["sheet"], called=named["sheet"].str.removeprefix("[masked: ").str.rstrip("]")
    )
    return frame, pd.concat([frame[is_masked], named])


def _placed(observations: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Return observations with the year and organisation of their return."""
    placed = facts.set_index("submission_id")
    names = {
        "collection_year": "collection_year",
        "area_code": "organisation_code",
        "area_name": "organisation_name",
        "ethnic_scheme": "ethnic_scheme",
    }
    for column, fact in names.items():
        observations[column] = observations["submission_id"].map(placed[fact])
    observations.loc[observations["measure"].isin(record_topics()), "ethnic_scheme"] = None
    return observations.assign(area_level="organisation")


def _notes(sent: Sequence[SentReturn], frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Return issues of whole files and sheets: what was left out, and sheets read under another name."""
    notes = [
        issue_frame(one.submission_id, rule_code, pd.DataFrame([{"sheet": "", "cell": "", "value_text": ""} | values]))
        for one in sent
        for rule_code, values in one.notes
    ]
    sheets = frame.drop_duplicates(SHEET).dropna(subset="form_sheet")
    sheets = sheets[plain_all(sheets["sheet"]) != plain_all(sheets["form_sheet"])]
    sheets = sheets.assign(cell="", value_text=sheets["sheet"], read_as=sheets["form_sheet"])
    return [*notes, issue_frame(sheets["submission_id"], "label_repaired", sheets)]


def _recognised(frame: pd.DataFrame, found: Sequence[Found]) -> pd.Series:
    """Tell which cells are the form's own: words that it says of itself, labels that were read, sums and results of its
    own sheets.
    """
    labels = pd.concat([numbers for one in found for numbers in one.recognised])
    is_known_sheet = frame["form_sheet"].notna()
    # Words of the form count as its own where they may stand: an answer or a count is never one.
    is_word = frame["label"].isin(form_words()) & is_known_sheet & frame["called"].isna()
    is_sheet_name = frame["kind"].eq(SHEET_NAME) & is_known_sheet
    kinds = read_seed("form_sheet").drop_duplicates("sheet").set_index("sheet")["kind"]
    is_result = (
        frame["is_formula"] & ~frame["form_sheet"].map(kinds).isin(["cover", "counts", "records"]) & is_known_sheet
    )
    is_result |= is_known_sheet & frame["kind"].eq(OTHER) & _is_own_formula(frame["label"])
    is_own = frame["cell_id"].isin(set(labels)) | is_word | is_sheet_name | is_result
    return is_own | (_below_own_headings(frame) & is_known_sheet)


def _is_own_formula(labels: pd.Series) -> pd.Series:
    """Tell which formulas, not worked out by the program that saved the file, say the state of the return."""
    formulas = labels[labels.str.startswith("=")]
    own = [label for label in formulas.unique() if any(text in label for text in own_formulas())]
    return labels.isin(own)


def _below_own_headings(frame: pd.DataFrame) -> pd.Series:
    """Tell which cells hold what the form works out or carries over below a heading of its own.

    What somebody has written over such a cell is theirs, unless it is a number: last year's figures are numbers too.
    """
    places = [*SHEET, "column_number"]
    heads = frame[frame["label"].isin(own_columns())].groupby(places)["row_number"].min().rename("head").reset_index()
    head = frame[[*places, "row_number"]].merge(heads, on=places, how="left")["head"].to_numpy()
    is_result = frame["is_formula"] | frame["kind"].eq(NUMBER) | frame["label"].isin(own_results())
    is_result |= frame["kind"].eq(OTHER) & frame["label"].str.startswith("=")
    return is_result & (frame["row_number"] > head)


def _is_named(frame: pd.DataFrame, issues: pd.DataFrame) -> pd.Series:
    """Tell which cells an issue names."""
    named = issues.loc[issues["cell"].ne(""), ADDRESS].drop_duplicates()
    return pd.Series(frame.set_index(ADDRESS).index.isin(named.set_index(ADDRESS).index), index=frame.index)


def _of_many(rest: pd.DataFrame) -> pd.DataFrame:
    """Return one issue for each sheet with many cells outside the form: how many, and in which range."""
    order = rest.sort_values([*SHEET, "row_number", "column_number"]).groupby(SHEET, sort=False)
    sheets = order.agg(found=("cell", "size"), first=("cell", "first"), last=("cell", "last")).reset_index()
    number, span = sheets["found"].map("{:,}".format), sheets["first"] + " to " + sheets["last"]
    sheets = sheets.assign(found=number, expected=span, cell="", value_text=number)
    return issue_frame(sheets["submission_id"], "cells_not_recognised", sheets)


def _counted(  # noqa: PLR0913, PLR0917 - the classes of a cell
    facts: pd.DataFrame,
    sent: Sequence[SentReturn],
    frame: pd.DataFrame,
    used: pd.Series,
    recognised: pd.Series,
    told: pd.Series,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return facts with how many cells were filled, used, recognised and named in issues, and an error for each return
    of which a cell is in none of them.
    """
    number = frame["cells_of_file"]
    classes = {
        "cells_used": number.where(used, 0),
        "cells_in_issues": number.where(told & ~used, 0),
        "cells_recognised": number.where(recognised & ~told & ~used, 0),
    }
    files = {one.submission_id: one for one in sent}
    facts = facts.assign(cells_filled=facts["submission_id"].map(lambda key: files[key].filled))
    for name, cells in classes.items():
        sums = cells.groupby(frame["submission_id"]).sum()
        facts[name] = facts["submission_id"].map(sums).fillna(0).astype(int)
    facts["cells_recognised"] += facts["submission_id"].map(lambda key: files[key].own_cells)
    lost = facts["cells_filled"] - facts[list(classes)].sum(axis="columns")
    wrong = facts.assign(cells=lost)[lost != 0]
    left = frame[~used & ~told & ~recognised]
    places = (
        (left["sheet"] + " " + left["cell"])
        .groupby(left["submission_id"])
        .agg(lambda cells: ", ".join(cells[:MOST_NAMED]))
    )
    wrong = wrong.assign(found=[places.get(key, "cells not known") for key in wrong["submission_id"]])
    return facts, issue_frame(wrong["submission_id"], "reader_lost_cells", wrong)


def _of_tables(rows: pd.DataFrame, tables: set[str]) -> pd.DataFrame:
    """Return rows with no sheet where they name a cell of a table (csv), which has none."""
    if rows.empty or not tables:
        return rows
    is_cell = rows["submission_id"].isin(tables) & rows["cell"].ne("")
    return rows.assign(sheet=rows["sheet"].mask(is_cell, ""))
