"""For each rule on the content of returns, the smallest change of a sound return that breaks it.

A case is a handful of files of one organisation; the rule is looked for in the return of the last one. ``also`` names
the other rules that the same change cannot but break.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from receive_files import read_book, write_book

from wres.form import form_for, group_rows, write_form

YEAR = 2025
WHITE, MIXED, ASIAN, BLACK, OTHER, UNKNOWN = range(6)
UNDER, MIDDLE, TOP, NO_BAND = "Under £30,000", "£30,000 to £69,999", "£70,000 and over", "Pay band not known"
Values = dict[tuple[str, str], list]

# A workforce of about a thousand by White, Mixed, Asian, Black, Other and Not known.
SOUND: Values = {
    ("staff", "all"): [603, 41, 122, 151, 28, 61],
    ("staff", UNDER): [301, 22, 70, 91, 16, 32],
    ("staff", MIDDLE): [271, 17, 47, 56, 11, 26],
    ("staff", TOP): [29, 2, 4, 3, 1, 2],
    ("staff", NO_BAND): [2, 0, 1, 1, 0, 1],
    ("shortlisted", "all"): [402, 33, 151, 172, 31, 58],
    ("appointed", "all"): [121, 8, 29, 31, 6, 13],
    ("disciplinary_entered", "all"): [7, 1, 2, 3, 0, 1],
    ("regulated_professionals", "all"): [201, 13, 38, 47, 9, 19],
    ("fitness_to_practise_entered", "all"): [1, 0, 1, 1, 0, 0],
    ("fitness_to_practise_referred", "all"): [1, 0, 1, 0, 0, 0],
    ("cpd_staff", "all"): [203, 14, 41, 46, 9, 17],
    ("survey_respondents", "all"): [252, 16, 47, 58, 11, 23],
    ("harassed_by_public", "all"): [54, 4, 12, 16, 2, 4],
    ("harassed_by_colleagues", "all"): [27, 2, 8, 9, 1, 2],
    ("harassed_by_managers", "all"): [19, 1, 6, 7, 1, 1],
    ("harassed_by_colleagues_or_managers", "all"): [38, 2, 11, 13, 1, 2],
    ("leavers", "all"): [78, 6, 16, 21, 3, 9],
    ("senior_managers", "all"): [17, 1, 2, 1, 0, 1],
}
DETAILED_STAFF = [403, 9, 3, 2, 47, 8, 6, 7, 4, 22, 31, 17, 6, 19, 42, 38, 9, 4, 11, 53]
ACTION = {
    "action_reference": "A1",
    "theme": "leadership",
    "indicators": "1; 9",
    "objective": "More senior managers from minority ethnic groups",
    "action": "Sponsor staff who apply",
    "lead_role": "Director of Adult Social Services",
    "baseline": "4 of 22",
    "baseline_on": date(2025, 3, 31),
    "success_measure": "A likelihood above 0.8",
    "time_scale": "short",
    "due_on": date(2026, 6, 30),
    "progress": "under way",
}
DONE = ACTION | {"action_reference": "A2", "progress": "done"}


@dataclass(frozen=True)
class File:
    """One return of a case: its place, and what differs from the sound one. ``None`` in place of a column clears it."""

    year: int = YEAR
    service: str = "adults"
    version: int = 1
    scheme: str = "major_5"
    values: Mapping[tuple[str, str], Sequence | None] = field(default_factory=dict)
    cover: Mapping[str, Any] = field(default_factory=dict)
    records: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=lambda: {"action_plan": [ACTION, DONE]})
    total: tuple[str, str, int] | None = None  # sheet, cell and what is typed over the formula
    organisation: str | None = None


@dataclass(frozen=True)
class Case:
    """Files of one organisation, of which the last is the return that breaks the rule."""

    rule_code: str
    files: tuple[File, ...]
    also: frozenset[str] = frozenset()
    name: str = ""
    census: tuple[int, int] | None = None  # children's social workers in the census: white, minority ethnic
    residents: tuple[int, int] | None = None  # white, minority ethnic

    @property
    def label(self) -> str:
        """Name of the case among the tests."""
        return f"{self.rule_code} {self.name}".strip()


def drift(values: Values, by: int) -> Values:
    """Return the same organisation a little larger: so many more White people in each column that has many."""
    moved = {column: [row + by if row > 100 else row for row in rows[:1]] + rows[1:] for column, rows in values.items()}
    staff = sum(moved["staff", band][0] for band in (UNDER, MIDDLE, TOP, NO_BAND))
    return moved | {("staff", "all"): [staff, *moved["staff", "all"][1:]]}


def own_bands(values: Values) -> Values:
    """Return the counts of a year with own pay bands: four bands, the others not applicable."""
    bands = {("staff", f"Own pay band {number}"): ["not applicable"] * 6 for number in range(5, 9)}
    given = {("staff", f"Own pay band {number}"): values["staff", band] for number, band in enumerate(BANDS, 1)}
    return values | bands | given


BANDS = (UNDER, MIDDLE, TOP, NO_BAND)
OWN_LIMITS = {f"own_pay_band_{number}_from": limit for number, limit in enumerate((18000, 30000, 70000, 90000), 1)}


def detailed() -> Values:
    """Return sound counts in 19 ethnic groups."""

    def part(of: list[int], share: float) -> list[int]:
        return [int(people * share) for people in of]

    staff = DETAILED_STAFF
    shortlisted, registered, respondents = part(staff, 0.8), part(staff, 0.33), part(staff, 0.4)
    under, top = part(staff, 0.5), part(staff, 0.05)
    colleagues = part(respondents, 0.1)
    return {
        ("staff", "all"): staff,
        ("staff", UNDER): under,
        ("staff", MIDDLE): [a - b - c for a, b, c in zip(staff, under, top, strict=True)],
        ("staff", TOP): top,
        ("staff", NO_BAND): [0] * len(staff),
        ("shortlisted", "all"): shortlisted,
        ("appointed", "all"): part(shortlisted, 0.3),
        ("disciplinary_entered", "all"): part(staff, 0.02),
        ("regulated_professionals", "all"): registered,
        ("fitness_to_practise_referred", "all"): part(registered, 0.01),
        ("cpd_staff", "all"): part(staff, 0.31),
        ("survey_respondents", "all"): respondents,
        ("harassed_by_public", "all"): part(respondents, 0.2),
        ("harassed_by_colleagues", "all"): colleagues,
        ("harassed_by_managers", "all"): part(respondents, 0.08),
        ("harassed_by_colleagues_or_managers", "all"): colleagues,
        ("leavers", "all"): part(staff, 0.13),
        ("senior_managers", "all"): part(staff, 0.02),
    }


def sound_values(year: int, service: str, scheme: str) -> Values:
    """Return the counts of a sound return; another year and another service have others."""
    if scheme != "major_5":
        return detailed()
    values = drift(SOUND, (year - YEAR) * 2 + (5 if service == "children" else 0))
    return own_bands(values) if year < 2024 else values


def dated(line: Mapping[str, Any], year: int) -> dict[str, Any]:
    """Return a line of records with its days moved to those of a return of another year."""
    moves = {
        name: entry.replace(year=entry.year + year - YEAR) for name, entry in line.items() if isinstance(entry, date)
    }
    return dict(line) | moves


def write_case_file(path: Path, file: File, organisation_code: str) -> Path:
    """Write one return of a case."""
    asked = {
        (column.measure, column.breakdown) for sheet in form_for(file.year).count_sheets for column in sheet.columns
    }
    values = {
        column: rows for column, rows in sound_values(file.year, file.service, file.scheme).items() if column in asked
    }
    values |= dict(file.values)
    cover = {
        "snapshot_date": date(file.year, 3, 31),
        "window_start": date(file.year - 1, 4, 1),
        "signed_off_on": date(file.year, 9, 20),
        "signed_off_role": "Director of Adult Social Services",
        "consent_to_publish": "yes",
    }
    if file.year < 2024:
        cover |= OWN_LIMITS
    write_form(
        path,
        file.year,
        organisation_code,
        file.service,
        file.scheme,
        values={column: rows or [None] * len(group_rows(file.scheme)) for column, rows in values.items()},
        cover=cover | dict(file.cover),
        records={topic: [dated(line, file.year) for line in lines] for topic, lines in file.records.items()},
        version=file.version,
    )
    if file.total:
        sheet, cell, entry = file.total
        book = read_book(path)
        book[sheet][int(cell[1:]) - 1][ord(cell[0]) - ord("A")] = entry
        write_book(path, book)
    return path


def one(rule_code: str, *also: str, name: str = "", **changes: Any) -> Case:
    """Return a case of a single return."""
    return Case(rule_code, (File(**changes),), frozenset(also), name)


def changed(measure: str, row: int, people: Any, breakdown: str = "all") -> dict[tuple[str, str], list]:
    """Return a column of the sound return with one other entry."""
    rows = list(SOUND[measure, breakdown])
    rows[row] = people
    return {(measure, breakdown): rows}


def column(measure: str, rows: list | None, breakdown: str = "all") -> dict[tuple[str, str], list | None]:
    """Return a column with other entries."""
    return {(measure, breakdown): rows}


def staffed(rows: list[int]) -> Values:
    """Return so many staff, all in the middle band."""
    none = [0] * len(rows)
    bands = {("staff", band): rows if band == MIDDLE else none for band in BANDS}
    return {("staff", "all"): rows} | bands


def plan(*lines: Mapping[str, Any]) -> dict[str, Any]:
    """Return an action plan of these lines."""
    return {"records": {"action_plan": list(lines)}}


def reply(reference: str, text: str | None) -> dict[str, Any]:
    """Return a line of replies."""
    return {"records": {"reply": [{"issue_reference": reference, "reply": text}]}}


def after(rule_code: str, *also: str, before: File | None = None, name: str = "", **changes: Any) -> Case:
    """Return a case of a return after one of last year."""
    return Case(rule_code, (before or File(year=YEAR - 1), File(**changes)), frozenset(also), name)


def beside(rule_code: str, *also: str, **changes: Any) -> Case:
    """Return a case of a return for children beside one for adults."""
    return Case(rule_code, (File(), File(service="children", **changes)), frozenset(also))


def outside(
    rule_code: str, *also: str, census: tuple[int, int] | None = None, residents: tuple[int, int] | None = None
) -> Case:
    """Return a case of a sound return for children against other figures than its own."""
    return Case(rule_code, (File(service="children"),), frozenset(also), census=census, residents=residents)


NOTHING = [0] * 6
WORDS = ["not collected"] * 6
MASKED = "call 0161 496 0000"

CASES: tuple[Case, ...] = (
    # ---- counts of one ethnic group against one another
    one("appointed_above_shortlisted", values=changed("appointed", OTHER, 32)),
    one("disciplinary_above_staff", values=changed("disciplinary_entered", OTHER, 29)),
    one("registered_above_staff", values=changed("regulated_professionals", OTHER, 29)),
    one("fitness_above_registered", values=changed("fitness_to_practise_referred", OTHER, 10)),
    one(
        "fitness_above_registered",
        name="to 2023",
        year=2023,
        values=changed("fitness_to_practise_entered", OTHER, 10),
    ),
    one("development_above_staff", values=changed("cpd_staff", OTHER, 29)),
    one("respondents_above_staff", values=changed("survey_respondents", OTHER, 29)),
    one("harassed_above_respondents", values=changed("harassed_by_public", OTHER, 12)),
    one("senior_above_staff", values=changed("senior_managers", OTHER, 29)),
    one("leavers_above_staff", values=changed("leavers", OTHER, 29)),
    one("one_source_above_both", values=changed("harassed_by_managers", MIXED, 3)),
    one("either_above_sum", values=changed("harassed_by_colleagues_or_managers", OTHER, 3)),
    one("bands_do_not_add_up", values=changed("staff", OTHER, 12, MIDDLE)),
    one(
        "columns_swapped",
        "appointed_above_shortlisted",
        "appointed_rate_high",
        values={("shortlisted", "all"): SOUND["appointed", "all"], ("appointed", "all"): SOUND["shortlisted", "all"]},
    ),
    # ---- within a table
    one("total_differs", total=("Leavers", "B11", 134)),
    one("cells_left_blank", values=changed("leavers", OTHER, None)),
    one("column_left_blank", values=column("leavers", None)),
    one("no_figures", values=dict.fromkeys(SOUND.keys() - {("fitness_to_practise_entered", "all")}, WORDS)),
    one("words_and_numbers", values=changed("leavers", OTHER, "not collected")),
    one("same_figure_in_every_row", values=column("leavers", [21] * 6)),
    one(
        "figures_rounded",
        values={
            ("shortlisted", "all"): [400, 35, 150, 170, 30, 60],
            ("appointed", "all"): [120, 10, 30, 30, 5, 15],
        },
    ),
    one(
        "small_counts_missing",
        values={
            column: [0 if 0 < people < 5 else people for people in rows]
            for column, rows in detailed().items()
            if column[0] != "staff"
        }
        | {
            ("staff", "all"): [0 if people < 5 else people for people in DETAILED_STAFF],
            ("staff", UNDER): [0] * 20,
            ("staff", MIDDLE): [0 if people < 5 else people for people in DETAILED_STAFF],
            ("staff", TOP): [0] * 20,
        },
        scheme="census_2021_19",
    ),
    one(
        "no_staff",
        "leavers_above_staff",
        values={
            column: NOTHING for column in SOUND if column[0] != "fitness_to_practise_entered" and column[0] != "leavers"
        }
        | {
            ("shortlisted", "all"): SOUND["shortlisted", "all"],
            ("appointed", "all"): SOUND["appointed", "all"],
            ("regulated_professionals", "all"): WORDS,
            ("fitness_to_practise_referred", "all"): WORDS,
            ("survey_respondents", "all"): WORDS,
        }
        | {column: WORDS for column in SOUND if column[0].startswith("harassed")},
    ),
    one(
        "nobody_in_base",
        values={column: NOTHING for column in SOUND if column[0].startswith(("harassed", "survey"))},
    ),
    one(
        "everybody_not_known",
        "unknown_share_differs",
        values={
            ("shortlisted", "all"): [0, 0, 0, 0, 0, 847],
            ("appointed", "all"): [0, 0, 0, 0, 0, 208],
        },
    ),
    one("low_declaration", values=changed("shortlisted", UNKNOWN, 339)),
    one("nobody_not_known", values=changed("shortlisted", UNKNOWN, 0) | changed("appointed", UNKNOWN, 0)),
    one(
        "one_group_holds_everybody",
        values={
            ("survey_respondents", "all"): [252, 0, 0, 0, 0, 23],
            ("harassed_by_public", "all"): [54, 0, 0, 0, 0, 4],
            ("harassed_by_colleagues", "all"): [27, 0, 0, 0, 0, 2],
            ("harassed_by_managers", "all"): [19, 0, 0, 0, 0, 1],
            ("harassed_by_colleagues_or_managers", "all"): [38, 0, 0, 0, 0, 2],
        },
    ),
    one(
        "detail_not_used",
        scheme="census_2021_19",
        values={
            ("shortlisted", "all"): [401, 0, 0, 0, 0, 31, 0, 0, 0, 152, 0, 0, 0, 0, 171, 0, 0, 33, 0, 58],
            ("appointed", "all"): [121, 0, 0, 0, 0, 8, 0, 0, 0, 29, 0, 0, 0, 0, 31, 0, 0, 6, 0, 13],
        },
    ),
    one(
        "columns_add_up_to_100",
        "appointed_rate_high",
        values={
            ("shortlisted", "all"): [48, 6, 19, 21, 6, 9],
            ("appointed", "all"): [41, 6, 19, 19, 6, 8],
        },
    ),
    # ---- across tables
    one("appointed_rate_high", values=column("appointed", [390, 32, 147, 168, 29, 57])),
    one("leavers_rate_high", values=column("leavers", [401, 21, 61, 81, 16, 33])),
    one("disciplinary_rate_high", values=column("disciplinary_entered", [71, 6, 14, 19, 3, 8])),
    one("fitness_rate_high", values=column("fitness_to_practise_referred", [14, 1, 4, 3, 1, 1])),
    one("development_rate_high", values=column("cpd_staff", [581, 39, 118, 146, 27, 58])),
    one("senior_rate_high", "senior_above_top_band", values=column("senior_managers", [151, 9, 21, 23, 4, 12])),
    one("registered_rate_low", service="children", values=column("regulated_professionals", [61, 4, 11, 14, 3, 6])),
    one("registered_rate_high", values=column("regulated_professionals", [581, 39, 118, 146, 27, 58])),
    one("response_rate_high", values=column("survey_respondents", [599, 40, 121, 149, 27, 60])),
    one("harassed_rate_high", values=column("harassed_by_public", [201, 13, 39, 47, 9, 19])),
    one("shortlisted_rate_high", values=column("shortlisted", [6021, 403, 1502, 1723, 312, 581])),
    one(
        "pay_band_unknown_high",
        values={
            ("staff", UNDER): [101, 5, 21, 31, 5, 10],
            ("staff", NO_BAND): [202, 17, 50, 61, 11, 23],
        },
    ),
    one(
        "top_band_high",
        "top_band_larger_than_bottom",
        values={("staff", TOP): SOUND["staff", UNDER], ("staff", UNDER): SOUND["staff", TOP]}
        | {
            ("staff", TOP): [331, 24, 74, 94, 17, 34],
            ("staff", UNDER): NOTHING,
            ("staff", MIDDLE): [270, 17, 47, 56, 11, 26],
        },
    ),
    one(
        "top_band_larger_than_bottom",
        values={
            ("staff", UNDER): SOUND["staff", TOP],
            ("staff", MIDDLE): [371, 24, 70, 86, 16, 37],
            ("staff", TOP): [201, 15, 47, 61, 11, 21],
        },
    ),
    one("senior_above_top_band", values=column("senior_managers", [51, 3, 4, 5, 1, 2])),
    one("no_shortlisted", "nobody_in_base", values=column("shortlisted", NOTHING) | column("appointed", NOTHING)),
    one("no_appointed", values=column("appointed", NOTHING)),
    one("no_leavers", values=column("leavers", NOTHING)),
    one("no_disciplinary", values=column("disciplinary_entered", NOTHING)),
    one("no_development", values=column("cpd_staff", NOTHING)),
    one(
        "no_registered",
        "nobody_in_base",
        values=column("regulated_professionals", NOTHING) | column("fitness_to_practise_referred", NOTHING),
    ),
    one("no_senior_managers", values=column("senior_managers", NOTHING)),
    one("nobody_harassed", values=column("harassed_by_public", NOTHING)),
    one("events_without_base", values=column("shortlisted", WORDS)),
    one("base_without_events", values=column("appointed", WORDS)),
    one("unknown_share_differs", values=column("appointed", [61, 4, 15, 16, 3, 58])),
    # ---- across services
    beside("same_figures_in_services", values=SOUND | {("fitness_to_practise_entered", "all"): None}),
    beside(
        "snapshot_differs_between_services",
        cover={"snapshot_date": date(2025, 4, 30), "window_start": date(2024, 5, 1)},
    ),
    beside("scheme_differs_between_services", scheme="census_2021_19"),
    beside("consent_differs_between_services", cover={"consent_to_publish": "no"}),
    Case("service_not_returned", (File(year=YEAR - 1), File(year=YEAR - 1, service="children"), File())),
    # ---- against last year
    after("unusual_change", values=column("leavers", [21, 2, 4, 6, 1, 2]), name="fewer"),
    after(
        "copied_from_last_year",
        before=File(year=YEAR - 1, values=SOUND | {("fitness_to_practise_entered", "all"): None}),
    ),
    after(
        "copied_from_last_year",
        name="but for two figures",
        before=File(year=YEAR - 1, values=SOUND | {("fitness_to_practise_entered", "all"): None}),
        values=changed("leavers", WHITE, 81) | changed("cpd_staff", BLACK, 47),
    ),
    after("group_emptied", values=changed("regulated_professionals", BLACK, 0)),
    after("not_given_again", values=column("leavers", WORDS)),
    after("groups_swapped", values=column("cpd_staff", [98, 40, 65, 81, 15, 17])),
    after("unknown_share_rose", values=staffed([503, 31, 92, 121, 21, 238])),
    after("staff_does_not_reconcile", "unusual_change", values=staffed([403, 26, 82, 101, 18, 41])),
    after(
        "windows_overlap",
        before=File(year=YEAR - 1, cover={"snapshot_date": date(2024, 5, 31), "window_start": date(2023, 6, 1)}),
    ),
    after(
        "windows_leave_a_gap",
        before=File(year=YEAR - 1, cover={"snapshot_date": date(2023, 12, 31), "window_start": date(2023, 1, 1)}),
    ),
    after("less_detail_than_last_year", "unusual_change", before=File(year=YEAR - 1, scheme="census_2021_19")),
    # ---- against outside figures
    outside("registered_far_from_census", census=(401, 201)),
    outside("census_above_staff", "registered_far_from_census", census=(801, 402)),
    outside("share_far_from_census", census=(61, 241)),
    outside("share_far_from_residents", residents=(51_000, 449_000)),
    outside("staff_far_from_residents", residents=(15_000, 5_000)),
    # ---- on the cover
    one("version_not_next", version=3),
    one("name_of_another", cover={"organisation_name": "Essex County Council"}),
    Case("same_version_twice", (File(cover={"signed_off_on": date(2025, 9, 19)}), File())),
    one(
        "organisation_outside_dates",
        year=2023,
        cover={"organisation_code": "E10000006", "organisation_name": "Cumbria"},
    ),
    one("band_limit_missing", year=2023, cover={"own_pay_band_4_from": None}),
    one("band_limit_without_staff", year=2023, cover={"own_pay_band_5_from": 95000}),
    one("band_limits_not_ascending", year=2023, cover={"own_pay_band_3_from": 30000}),
    one("window_not_12_months", cover={"window_start": date(2024, 3, 1)}),
    one("snapshot_outside_year", cover={"snapshot_date": date(2024, 10, 31), "window_start": date(2023, 11, 1)}),
    one("signed_off_before_round", cover={"signed_off_on": date(2025, 8, 31)}),
    one("signed_off_after_round", cover={"signed_off_on": date(2025, 11, 1)}),
    one("window_after_snapshot", cover={"window_start": date(2025, 4, 1)}),
    one("snapshot_after_sign_off", "signed_off_before_round", cover={"signed_off_on": date(2025, 3, 30)}),
    one("version_below_one", version=0),
    one(
        "year_not_plausible",
        "snapshot_after_sign_off",
        "signed_off_before_round",
        "no_figures",
        "time_scale_differs",
        cover={"signed_off_on": date(2024, 9, 20)},
    ),
    # ---- within a cell
    one("negative_count", values=changed("leavers", OTHER, -1)),
    one("not_a_whole_number", values=changed("leavers", OTHER, "3.5")),
    one("not_a_number", values=changed("leavers", OTHER, "many")),
    one("count_too_large", values=changed("shortlisted", OTHER, 100_001)),
    # ---- action plans and other records
    one("indicator_of_another_year", year=2024, **plan(ACTION | {"indicators": "9; 7"})),
    one(
        "action_overdue",
        "personal_data",
        name="beside what is masked",
        **plan(
            ACTION | {"due_on": date(2025, 3, 30)},
            ACTION | {"action_reference": "A3", "indicators": MASKED, "progress": MASKED, "success_measure": MASKED},
            DONE | {"success_measure": MASKED},
        ),
    ),
    one("indicator_outside_theme", **plan(ACTION | {"indicators": "3"})),
    one("action_overdue", **plan(ACTION | {"due_on": date(2025, 3, 30)})),
    one("action_done_unmeasured", **plan(DONE | {"success_measure": None})),
    one("baseline_without_date", **plan(ACTION | {"baseline_on": None})),
    one("time_scale_differs", **plan(ACTION | {"due_on": date(2027, 6, 30)})),
    one("time_scale_differs", name="long", **plan(ACTION | {"time_scale": "long"})),
    one("repeated_action_reference", **plan(ACTION, DONE | {"action_reference": "a1"})),
    after("action_disappeared", **plan(DONE)),
    one("reply_without_query", **reply("ZZZZ-0000-1111", "The team was closed.")),
)

# Sound returns that between them have something to check for every rule.
SOUND_FILES: tuple[tuple[File, ...], ...] = (
    (
        File(year=YEAR - 1),
        File(year=YEAR - 1, service="children"),
        File(),
        File(service="children"),
    ),
    (File(scheme="census_2021_19", **reply("ZZZZ-0000-1111", None)),),
    (File(year=2021), File(year=2023)),
)
