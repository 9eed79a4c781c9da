"""A return whose figures could be those of a council: no rule has anything to say about it."""

from receive_files import SCHEME, YEAR

from wres.form import form_for, group_rows

STAFF = (611, 23, 67, 58, 17, 46)  # by ethnic group of the form with five groups, Not known last
SHARES = {
    ("staff", "£30,000 to £69,999"): 0.58,
    ("staff", "£70,000 and over"): 0.047,
    ("staff", "Pay band not known"): 0.013,
    ("shortlisted", "all"): 0.71,
    ("appointed", "all"): 0.171,
    ("disciplinary_entered", "all"): 0.018,
    ("regulated_professionals", "all"): 0.43,
    ("fitness_to_practise_referred", "all"): 0.004,
    ("cpd_staff", "all"): 0.33,
    ("survey_respondents", "all"): 0.47,
    ("harassed_by_public", "all"): 0.11,
    ("harassed_by_colleagues", "all"): 0.058,
    ("harassed_by_managers", "all"): 0.037,
    ("leavers", "all"): 0.127,
    ("senior_managers", "all"): 0.021,
}


def sound_values() -> dict[tuple[str, str], list[int]]:
    """Return counts for every cell of the year's form, in which no rule finds anything."""
    columns = [(column.measure, column.breakdown) for sheet in form_for(YEAR).count_sheets for column in sheet.columns]
    assert len(group_rows(SCHEME)) == len(STAFF)
    values = {column: [round(people * SHARES.get(column, 0)) for people in STAFF] for column in columns}
    values["staff", "all"] = list(STAFF)
    others = [values[column] for column in columns if column[0] == "staff" and SHARES.get(column)]
    values["staff", "Under £30,000"] = [people - sum(given) for people, *given in zip(STAFF, *others, strict=True)]
    return values
