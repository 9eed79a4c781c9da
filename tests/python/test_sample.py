"""The synthetic returns: who gives one, what it holds, and how near the nation is to what was published."""

import hashlib
from collections import Counter, defaultdict
from functools import cache

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from wres.form import COVER_SHEET, HEADING_ROW, blank_entries, form_for, group_rows, round_of
from wres.organisations import organisations_on
from wres.reference import read_seed
from wres.sample import SampleReturn, plan_sample, write_sample
from wres.sample_draws import allocate, round_rows, totals_near


@cache
def planned() -> list[SampleReturn]:
    return plan_sample()


@cache
def current() -> list[SampleReturn]:
    """The last version of each return."""
    last = {(one.year, one.organisation_code, one.service): one for one in planned()}
    return list(last.values())


@cache
def headlines(scheme: str) -> tuple[str, ...]:
    mapping = read_seed("ethnic_group_mapping").query("scheme == @scheme").set_index("value")["ethnic_group"]
    headline = read_seed("ethnic_group_register").set_index("ethnic_group")["headline_group"]
    return tuple(headline[mapping[row]] for row in group_rows(scheme))


@cache
def national(year: int) -> dict[tuple[str, str], dict[str, tuple[int, int]]]:
    """Sums of events and of their base, by column and headline group, over returns that give both in full."""
    within = read_seed("measure").set_index("measure")["within_measure"]
    sums: dict = defaultdict(lambda: {"white": (0, 0), "minority_ethnic": (0, 0), "": (0, 0)})
    for one in current():
        if one.year != year:
            continue
        for (measure, breakdown), events in one.values.items():
            base = one.values[(within[measure] or measure, "all")]
            if any(isinstance(entry, str) for entry in (*events, *base)):
                continue
            for group, event, people in zip(headlines(one.scheme), events, base, strict=True):
                so_far = sums[measure, breakdown][group]
                sums[measure, breakdown][group] = (so_far[0] + event, so_far[1] + people)
    return dict(sums)


def likelihood(year: int, measure: str) -> float:
    sums = national(year)[measure, "all"]
    rate = {group: events / people for group, (events, people) in sums.items()}
    return rate["minority_ethnic"] / rate["white"]


def test_organisations_and_services_are_those_of_the_rounds():
    takers = Counter((one.year, one.service) for one in current())
    assert takers[2021, "adults"] == 18
    assert takers[2023, "adults"] == 23
    assert (takers[2024, "adults"], takers[2024, "children"]) == (73, 43)
    assert (takers[2025, "adults"], takers[2025, "children"]) == (80, 50)
    for year in (2021, 2023, 2024, 2025):
        by_service = defaultdict(set)
        for one in current():
            if one.year == year:
                by_service[one.service].add(one.organisation_code)
        assert by_service["children"] <= by_service["adults"]


def test_the_pilot_is_the_phase_one_sites():
    codes = {one.organisation_code for one in current() if one.year == 2021}
    assert len(codes) == 18
    assert "WRES-RW" in codes
    assert not codes & {"E09000027", "E09000032"}


def test_a_participant_without_an_area_takes_part():
    assert "WRES-SFC" in {one.organisation_code for one in current()}


def test_organisations_run_the_service_on_the_day_that_the_round_opens():
    for one in planned():
        assert one.service in organisations_on(round_of(one.year)[0])[one.organisation_code].services


def test_rounds_overlap_so_that_years_can_be_matched():
    by_year = defaultdict(set)
    for one in current():
        by_year[one.year].add(one.organisation_code)
    assert len(by_year[2024] & by_year[2025]) >= 50
    assert len(by_year[2023] & by_year[2024]) >= 15
    assert by_year[2024] - by_year[2025]


def test_every_column_of_the_form_is_filled_in_every_row():
    for one in planned():
        columns = {(column.measure, column.breakdown) for s in form_for(one.year).count_sheets for column in s.columns}
        assert set(one.values) == columns
        assert all(len(entries) == len(group_rows(one.scheme)) for entries in one.values.values())


def test_cover_answers_every_required_field():
    given = {
        "collection_year",
        "organisation_code",
        "organisation_name",
        "service",
        "return_version",
        "ethnic_detail",
    }
    for one in planned():
        required = {field.field for field in form_for(one.year).cover if field.is_required}
        assert required - given <= set(one.cover)
        assert (one.cover["snapshot_date"] - one.cover["window_start"]).days in (364, 365)
        assert one.cover["snapshot_date"] < one.cover["signed_off_on"]


def test_counts_agree_with_each_other():
    within = read_seed("measure").set_index("measure")["within_measure"]
    numbers = lambda entries: [None if isinstance(entry, str) else entry for entry in entries]  # noqa: E731
    for one in planned():
        values = {column: numbers(entries) for column, entries in one.values.items()}
        for (measure, _), entries in values.items():
            base = values.get((within[measure], "all"), [None] * len(entries))
            assert all(n is None or n >= 0 for n in entries)
            assert all(n is None or b is None or n <= b for n, b in zip(entries, base, strict=True)), measure
        bands = [entries for (measure, band), entries in values.items() if measure == "staff" and band != "all"]
        sums = [sum(n or 0 for n in row) for row in zip(*bands, strict=True)]
        assert sums == values["staff", "all"]
        joined = values.get(("harassed_by_colleagues_or_managers", "all"))
        if joined and joined[0] is not None:
            parts = (values[part, "all"] for part in ("harassed_by_colleagues", "harassed_by_managers"))
            assert all(max(a, b) <= n <= a + b for n, a, b in zip(joined, *parts, strict=True))


def test_staff_add_up_to_the_published_totals_of_2024():
    staff = Counter()
    for one in current():
        if one.year == 2024:
            staff[one.service] += sum(one.values["staff", "all"])
    assert staff == {"adults": 58_600, "children": 39_300}


@pytest.mark.parametrize(
    ("year", "measure", "published", "tolerance"),
    [
        # Common events: totals are whole numbers of hundreds, so only rounding is left.
        (2024, "appointed", 0.52, 0.005),
        (2024, "disciplinary_entered", 1.37, 0.005),
        (2024, "leavers", 1.21, 0.005),
        (2024, "senior_managers", 0.55, 0.005),
        # About 20 and 75 events: one more or fewer moves the ratio by several hundredths.
        (2024, "fitness_to_practise_referred", 1.08, 0.03),
        # Printed to one decimal.
        (2023, "appointed", 0.5, 0.05),
        (2023, "disciplinary_entered", 1.4, 0.05),
        (2023, "fitness_to_practise_entered", 2.1, 0.05),
        (2023, "cpd_staff", 1.0, 0.05),
        (2023, "harassed_by_public", 1.2, 0.05),
        (2023, "harassed_by_colleagues", 1.3, 0.05),
        (2023, "harassed_by_managers", 1.9, 0.05),
        (2023, "leavers", 1.1, 0.05),
    ],
)
def test_national_relative_likelihood_is_near_the_published_one(year, measure, published, tolerance):
    assert likelihood(year, measure) == pytest.approx(published, abs=tolerance)


@pytest.mark.parametrize(
    ("band", "published"), [("Under £30,000", 0.18), ("£30,000 to £69,999", 0.22), ("£70,000 and over", 0.14)]
)
def test_minority_ethnic_share_of_each_band_is_as_published(band, published):
    sums = national(2024)["staff", band]
    share = sums["minority_ethnic"][0] / (sums["minority_ethnic"][0] + sums["white"][0])
    assert round(share, 2) == published


def test_senior_managers_were_under_represented_in_2023():
    assert likelihood(2023, "senior_managers") < 0.8


def test_organisations_differ_though_the_nation_is_fixed():
    ratios = []
    for one in current():
        if one.year == 2024 and not isinstance(one.values["leavers", "all"][0], str):
            rates = {}
            for group in ("white", "minority_ethnic"):
                pairs = zip(
                    headlines(one.scheme),
                    one.values["leavers", "all"],
                    one.values["staff", "all"],
                    strict=True,
                )
                chosen = [(left, staff) for name, left, staff in pairs if name == group]
                rates[group] = sum(left for left, _ in chosen) / max(1, sum(staff for _, staff in chosen))
            if rates["white"]:
                ratios.append(rates["minority_ethnic"] / rates["white"])
    assert np.quantile(ratios, 0.9) > 1.5
    assert np.quantile(ratios, 0.1) < 1.0


def test_ethnicity_is_unknown_for_as_many_as_known_difficulties_say():
    unknown = {}
    for service in ("adults", "children"):
        staff = [(one, one.values["staff", "all"]) for one in current() if one.year == 2024 and one.service == service]
        missing = sum(entries[-1] for _, entries in staff)
        unknown[service] = missing / sum(sum(entries) for _, entries in staff)
    assert unknown["adults"] == pytest.approx(0.08, abs=0.02)
    assert unknown["children"] == pytest.approx(0.18, abs=0.02)


def test_sizes_run_from_a_few_dozen_to_thousands_and_hardly_move_between_years():
    staff = pd.Series(
        {(one.organisation_code, one.service, one.year): sum(one.values["staff", "all"]) for one in current()}
    ).unstack()
    assert staff[2024].min() < 50
    assert staff[2024].max() > 2000
    change = (staff[2025] / staff[2024]).dropna()
    # A standard deviation of 2 in 100 in each year: five of their difference.
    assert change[staff[2024] > 100].between(0.86, 1.16).all()


def test_ethnic_detail_is_mixed_and_mostly_stays():
    assert {one.scheme for one in current() if one.year == 2025} == {
        "census_2021_19",
        "census_2011_18",
        "census_2001_16",
        "major_5",
        "binary_2",
    }
    schemes = {(one.organisation_code, one.year): one.scheme for one in current()}
    both = [code for code, year in schemes if year == 2024 and (code, 2025) in schemes]
    assert sum(schemes[code, 2024] == schemes[code, 2025] for code in both) / len(both) > 0.8


def test_zeros_and_every_word_for_a_missing_count_occur():
    entries = {entry for one in planned() for column in one.values.values() for entry in column}
    assert set(blank_entries()) <= entries
    assert 0 in entries


def test_an_organisation_without_a_survey_says_so_in_every_cell_of_the_sheet():
    survey = {column.measure for s in form_for(2024).count_sheets if s.name == "Survey" for column in s.columns}
    without = 0
    for one in current():
        cells = [entry for (measure, _), column in one.values.items() if measure in survey for entry in column]
        if one.year == 2024:
            assert set(cells) == {"not collected"} or "not collected" not in cells
            without += set(cells) == {"not collected"}
    assert without > 20


def test_some_returns_are_late_and_some_corrected():
    assert any(one.cover["signed_off_on"] > round_of(one.year)[1] for one in planned())
    assert any(one.cover["signed_off_on"] <= round_of(one.year)[1] for one in planned())
    versions = defaultdict(list)
    for one in planned():
        versions[one.year, one.organisation_code, one.service].append(one)
    corrected = [both for both in versions.values() if len(both) == 2]
    assert len(corrected) >= 5
    for first, second in corrected:
        assert (first.version, second.version) == (1, 2)
        assert first.cover["signed_off_on"] < second.cover["signed_off_on"]
        assert first.values != second.values


def test_a_year_is_the_same_whatever_other_years_are_made():
    assert plan_sample(years=[2023]) == [one for one in planned() if one.year == 2023]


def test_another_seed_gives_other_figures():
    assert plan_sample(seed=1, years=[2021]) != plan_sample(seed=2, years=[2021])


def test_a_code_that_changes_keeps_the_organisation_s_size():
    # Barnsley and Sheffield got new codes in April 2025; nearly every organisation takes part here.
    staff = {
        (one.organisation_code, one.year): sum(one.values["staff", "all"])
        for one in plan_sample(years=[2024, 2025], organisations=150)
        if one.service == "adults" and one.version == 1
    }
    pairs = [("E08000016", "E08000038"), ("E08000019", "E08000039")]
    found = [
        (staff[old, 2024], staff[new, 2025]) for old, new in pairs if (old, 2024) in staff and (new, 2025) in staff
    ]
    assert found
    assert all(after / before == pytest.approx(1, abs=0.15) for before, after in found)


def test_written_files_are_always_the_same_and_hold_what_was_planned(tmp_path):
    seen = []
    first = write_sample(
        tmp_path / "a", years=[2021, 2025], organisations=4, progress=lambda *state: seen.append(state)
    )
    second = write_sample(tmp_path / "b", years=[2021, 2025], organisations=4)
    digest = lambda paths: [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths]  # noqa: E731
    assert digest(first) == digest(second)
    assert [state[0] for state in seen] == list(range(1, len(first) + 1))
    assert all(path.name.endswith("-synthetic.xlsx") for path in first)

    expected = plan_sample(years=[2021, 2025], organisations=4)
    assert len(first) == len(expected)
    for path, one in zip(first, expected, strict=True):
        book = CalamineWorkbook.from_path(path)
        cover = book.get_sheet_by_name(COVER_SHEET).to_python(skip_empty_area=False)
        assert cover[0][0].startswith("Synthetic")
        answers = {row[0]: row[1] for row in cover[HEADING_ROW + 1 :]}
        assert answers["Organisation code"] == one.organisation_code
        assert answers["Version of this return"] == one.version
        for sheet in form_for(one.year).count_sheets:
            page = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
            for number, column in enumerate(sheet.columns, 1):
                entries = one.values[column.measure, column.breakdown]
                assert [row[number] for row in page[HEADING_ROW + 1 :][: len(entries)]] == entries


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        ({"years": [2022]}, "2021, 2023"),
        ({"organisations": 500}, "from 1 to"),
        ({"organisations": 0}, "from 1 to"),
    ],
)
def test_what_cannot_be_made_is_refused_with_what_can(tmp_path, arguments, allowed):
    with pytest.raises(ValueError, match=allowed):
        write_sample(tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("organisations", [1, 2, 30])
def test_any_number_of_organisations_can_be_made(organisations):
    returns = plan_sample(seed=7, organisations=organisations)
    for year in (2021, 2023, 2024, 2025):
        assert len({one.organisation_code for one in returns if one.year == year}) == organisations


def test_allocation_has_the_total_and_stays_within_capacity():
    rng = np.random.default_rng(3)
    for _ in range(200):
        capacity = rng.integers(0, 30, size=(6, 5))
        weight = rng.lognormal(0, 1, size=(6, 5))
        total = int(rng.integers(0, capacity.sum() + 1))
        events = allocate(rng, total, capacity, weight)
        assert events.sum() == total
        assert ((events >= 0) & (events <= capacity)).all()


def test_allocation_follows_the_weights():
    rng = np.random.default_rng(4)
    capacity = np.full((1, 2), 10_000)
    events = allocate(rng, 3_000, capacity, np.array([[1.0, 2.0]]))
    # Expected 1,000 and 2,000; five standard deviations of a binomial with 1,000 expected are about 150.
    assert events[0, 0] == pytest.approx(1_000, abs=150)


def test_rounding_keeps_row_sums_and_moves_no_cell_by_one():
    rng = np.random.default_rng(5)
    shares = rng.dirichlet(np.ones(20), size=50)
    size = rng.integers(0, 500, size=50)
    rounded = round_rows(rng, size[:, None] * shares)
    assert (rounded.sum(axis=1) == size).all()
    assert (np.abs(rounded - size[:, None] * shares) < 1).all()


def test_totals_meet_the_ratio_as_nearly_as_whole_numbers_can():
    # 2.1 with equal bases: 21 of the one for every 10 of the other.
    assert totals_near(0.01, 2.1, 1000, 1000) == (21, 10)
    assert totals_near(0.3, 0.5, 0, 100) == (0, 30)
    assert totals_near(0.3, 0.5, 100, 0) == (15, 0)
