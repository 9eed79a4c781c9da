"""What readers of a return's sheets have in common: finding a table by its labels, and what they hand back."""

from dataclasses import dataclass, field

import pandas as pd

from wres.issues import issue_frame
from wres.labels import known_labels, plain_all
from wres.reading import column_letters

SHEET = ["submission_id", "sheet"]
IN_FORCE_FOREVER = 9999


@dataclass
class Found:
    """What was found on some of the sheets of returns.

    ``observations`` are cells with what they hold, ``recognised`` the numbers (``cell_id``) of the cells that are the
    form's own, ``issues`` those of the batch. What is in none of them was not recognised.
    """

    observations: pd.DataFrame
    recognised: list[pd.Series] = field(default_factory=list)
    issues: list[pd.DataFrame] = field(default_factory=list)

    def tell(self, rule_code: str, cells: pd.DataFrame) -> None:
        """Add an issue for each of the cells."""
        self.issues.append(issue_frame(cells["submission_id"], rule_code, cells))


def years_of(form: pd.DataFrame) -> pd.DataFrame:
    """Return rows of a form's seed with their years as numbers."""
    first, last = pd.to_numeric(form["first_year"]), pd.to_numeric(form["last_year"]).fillna(IN_FORCE_FOREVER)
    return form.assign(first_year=first, last_year=last)


def headings(cells: pd.DataFrame, form: pd.DataFrame) -> pd.DataFrame:
    """Return the heading cells of tables: those of the row, on each sheet, that holds most of the form's labels.

    ``form`` has ``form_sheet``, ``column_label`` and the years of each column; ``cells`` have the year of their return.
    Each label's cell comes with the columns of its row of ``form``.
    """
    known = known_labels(form["column_label"].drop_duplicates(), "column")
    form = form.merge(known.rename(columns={"means": "column_label"}), on="column_label")
    found = cells.merge(form, on=["form_sheet", "key"])
    found = found[found["collection_year"].between(found["first_year"], found["last_year"])]
    # The form's own word for a column tells more than another word for it, which may be the sheet's title.
    is_own = found["label"] == plain_all(found["column_label"])
    found["weight"] = is_own.astype(int) + 1
    labels = found.drop_duplicates([*SHEET, "row_number", "column_label"])
    labels = labels.groupby([*SHEET, "row_number"])["weight"].sum().reset_index()
    labels = labels.sort_values(["weight", "row_number"], ascending=[False, True]).drop_duplicates(SHEET)
    return found.merge(labels[[*SHEET, "row_number"]], on=[*SHEET, "row_number"])


def addresses(cells: pd.DataFrame) -> list[str]:
    """Return the address, such as B6, of each cell."""
    places = zip(cells["column_number"], cells["row_number"], strict=True)
    return [f"{column_letters(int(column) - 1)}{row}" for column, row in places]


def repaired(labels: pd.DataFrame, means: str) -> pd.DataFrame:
    """Return the label cells that are read as other words than they hold, with the words as ``read_as``."""
    is_other = labels["label"] != plain_all(labels[means])
    return labels[is_other].assign(read_as=labels.loc[is_other, means])
