"""Every rule on returns fires where it should and nowhere else, and the registry says all that people are told."""

import importlib.util
from pathlib import Path
from string import Formatter
from types import SimpleNamespace

import pandas as pd
import pytest
from receive_files import RESIDENT_FILE, file_header, resident_rows, role_row, write_table
from rule_cases import CASES, MIXED, OTHER, SOUND_FILES, YEAR, Case, File, column, write_case_file

from wres.form import group_rows
from wres.home import open_home
from wres.models import Models
from wres.organisations import organisations_on
from wres.receive import receive
from wres.reference import PROJECT, read_seed

TESTS = Path(__file__).parent
SOUND_CENSUS, SOUND_RESIDENTS = (201, 101), (349_000, 151_000)
# Rules that no file can break, since the reader and the form do not let it come so far: they are held to what they say
# on tables, in the tests of expectations.
ONLY_ON_TABLES = {
    "not_a_file_hash",
    "repeated_cell",
    "repeated_fact",
    "repeated_submission",
    "unknown_collection",
    "unknown_ethnic_value",
    "unknown_measure",
    "unknown_service",
    "unknown_value_note",
    "value_or_note",
}


# Rules of the reader that other tests know by their words.
TOLD_BY_WORDS = {
    "empty_file": "is empty",
    "unreadable_workbook": "not a workbook that can be read",
    "unknown_workbook": "a sheet named Cover",
}
GROUPS = group_rows("major_5")


def registry() -> pd.DataFrame:
    """Return the rules with the stage at which each is checked, by code."""
    rules = read_seed("rule").merge(read_seed("rule_scope"), on="rule_code", how="left")
    return rules.merge(read_seed("rule_stage")[["stage", "is_about_returns"]], on="stage", how="left").set_index(
        "rule_code"
    )


def return_rules() -> pd.DataFrame:
    """Return the rules on returns."""
    return registry().query("is_about_returns == 'true'")


def places() -> list[str]:
    """Return organisations that were there in all years, under one code, and run both services."""
    first, last = (organisations_on(pd.Timestamp(f"{year}-09-01").date()) for year in (2021, YEAR))
    both = [code for code in first if code in last and len(first[code].services) == len(last[code].services) == 2]
    return sorted(code for code in both if code.startswith("E"))


def census_rows(code: str, white: int, minority: int) -> list[dict]:
    """Return the lines of one authority in the census by role: all social workers, by ethnic group."""
    groups = {"white": white, "asian": minority, "total": white + minority, "known": white + minority}
    values = read_seed("ethnic_group_mapping").query("scheme == 'csww_major'")
    people = dict(zip(values["value"], values["ethnic_group"].map(groups).fillna(0).astype(int), strict=True))
    return [
        role_row(value, count, time_period=YEAR - 1, new_la_code=code, la_name=code) for value, count in people.items()
    ]


def living(code: str, white: int, minority: int) -> list[dict]:
    """Return the lines of one authority in the census of residents."""
    values = read_seed("ethnic_group_mapping").query("scheme == 'census_2021_residents'")
    people = dict.fromkeys(values["value"], 0)
    for group, count in (("white_british", white), ("asian_indian", minority)):
        people[values.set_index("ethnic_group").at[group, "value"]] = count
    return resident_rows(code, code, people)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Return what was found in all cases and sound returns, received at once: outcomes and issues by file name."""
    folder = tmp_path_factory.mktemp("rules")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WRES_HOME", str(folder / "home"))
        home = open_home()
    paths, social_workers, residents, codes = [], [], [], iter(places())
    judged: dict[str, str] = {}
    for number, files in enumerate(SOUND_FILES):
        code = next(codes)
        for file in files:
            paths.append(write_case_file(folder / file_name(f"sound {number}", file), file, code))
        social_workers += census_rows(code, *SOUND_CENSUS)
        residents += living(code, *SOUND_RESIDENTS)
    for case in CASES:
        code = next(codes)
        for number, file in enumerate(case.files):
            paths.append(write_case_file(folder / file_name(f"{case.label} {number}", file), file, code))
        judged[case.label] = paths[-1].name
        if case.census:
            social_workers += census_rows(code, *case.census)
        if case.residents:
            residents += living(code, *case.residents)
    paths.append(write_table(folder / "roles.csv", social_workers))
    paths.append(write_table(folder / "residents.csv", residents, file_header(RESIDENT_FILE)))
    receipt = receive(home, paths)
    assert receipt.refused == []
    with Models(home.batches) as models:
        issues = models.table("fct_data_issue").to_pandas()
        outcomes = models.table("fct_rule_outcome").to_pandas()
        files = models.table("stg_landed__submissions").to_pandas().set_index("submission_id")["file_name"]
    outcomes["file_name"] = outcomes["submission_id"].map(files)
    return SimpleNamespace(home=home, issues=issues, outcomes=outcomes, judged=judged)


def file_name(label: str, file: File) -> str:
    return f"{label} {file.year} {file.service} v{file.version}.xlsx"


def broken(found: SimpleNamespace, file: str) -> set[str]:
    rows = found.outcomes[found.outcomes["file_name"] == file]
    assert len(rows), file
    return set(rows.loc[rows["outcome"] == "broken", "rule_code"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_the_smallest_change_breaks_the_rule_and_no_other(found: SimpleNamespace, case: Case) -> None:
    assert broken(found, found.judged[case.label]) == {case.rule_code} | case.also
    rows = found.issues.query("file_name == @found.judged[@case.label] and rule_code == @case.rule_code")
    assert rows["is_current"].all()
    assert len(rows) >= 1


def test_sound_returns_break_no_rule(found: SimpleNamespace) -> None:
    sound = found.outcomes[found.outcomes["file_name"].str.startswith("sound")]
    wrong = sound[sound["outcome"] == "broken"]
    assert wrong[["file_name", "rule_code"]].to_dict("records") == []


def test_every_rule_was_looked_at_in_a_sound_return(found: SimpleNamespace) -> None:
    sound = found.outcomes[found.outcomes["file_name"].str.startswith("sound")]
    passed = set(sound.loc[sound["outcome"] == "passed", "rule_code"])
    assert set(return_rules().index) - passed == set()


def test_every_rule_on_returns_has_a_case() -> None:
    """A rule of the reader may have its case in another module, which names it or what it says."""
    here = {case.rule_code for case in CASES}
    own = {TESTS / name for name in ("rule_cases.py", "test_rules.py")}
    others = "\n".join(path.read_text(encoding="utf-8") for path in TESTS.glob("test_*.py") if path not in own)
    rules = return_rules()
    read = rules[rules["checked_by"] == "reader"]
    elsewhere = {code for code in read.index if f'"{code}"' in others or f"'{code}'" in others}
    elsewhere |= {
        code for code, words in TOLD_BY_WORDS.items() if words in others and words in rules.at[code, "message"]
    }
    on_tables = {code for code in ONLY_ON_TABLES if f'"{code}"' in (TESTS / "test_expectations.py").read_text("utf-8")}
    assert set(rules.index) - here - elsewhere - on_tables == set()
    assert here <= set(rules.index)
    assert len({case.label for case in CASES}) == len(CASES)


def test_the_registry_says_all_that_people_are_told() -> None:
    rules = registry()
    assert rules["stage"].notna().all()
    of_returns = return_rules()
    content = of_returns[of_returns["checked_by"].isin(["warehouse", "expectation"])]
    assert len(of_returns) >= 60
    assert len(content[content["responsible"] == "organisation"]) >= 45
    assert (content["needs"] != "").all()
    for code, rule in of_returns.iterrows():
        places = {name for _, name, _, _ in Formatter().parse(rule["message"]) if name}
        assert places <= ({"1", "2", "3", "4", "5"} if rule["checked_by"] == "warehouse" else places), code
        assert {name for _, name, _, _ in Formatter().parse(rule["message_many"]) if name} <= {"cells"}, code
    # What can stand in several cells of one return has words for all of them together.
    rates = read_seed("rule_rate")["rule_code"]
    repeated = set(rates[rates.duplicated()])
    pairs = set(read_seed("rule_comparison")["rule_code"])
    assert (rules.loc[sorted(repeated | pairs), "message_many"].str.contains("{cells}", regex=False)).all()


def test_rows_of_families_are_of_rules_that_are_there() -> None:
    """A rate without limits, or limits of a rule that has gone, would be checked by nobody."""
    rates = read_seed("rule_rate")
    assert ((rates["more_than"] != "") | (rates["at_most"] != "")).all()
    warehouse = set(registry().query("checked_by == 'warehouse'").index)
    assert set(rates["rule_code"]) | set(read_seed("rule_comparison")["rule_code"]) <= warehouse
    assert set(read_seed("rule_limit")["rule_code"]) <= set(registry().index)


def test_every_issue_is_worded_and_placed(found: SimpleNamespace) -> None:
    issues = found.issues
    assert not issues["message"].str.contains(r"[{}]", regex=True).any()
    of_returns = issues[(issues["collection"] == "sc-wres") & issues["is_current"]]
    assert of_returns["issue_reference"].str.fullmatch(r"[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}").all()
    assert set(of_returns["responsible"]) <= {"organisation", "programme"}
    assert not issues["is_answered"].any()
    # One reference is one finding; a whole return of a wrong year says the same of two lines of a plan.
    twice = of_returns[of_returns.duplicated("issue_reference", keep=False)]
    assert set(twice["rule_code"]) <= {"year_not_plausible"}
    dates = issues.query("rule_code == 'window_not_12_months'")
    assert dates[["sheet", "cell", "subject", "value_text"]].to_numpy().tolist() == [
        ["Cover", "B11", "cover | window_start", "2024-03-01"]
    ]
    senior = issues.query("rule_code == 'senior_above_staff'")
    assert senior[["sheet", "indicators", "subject"]].to_numpy().tolist() == [
        ["Senior management", "9", "senior_managers | all | Other ethnic group"]
    ]


def test_a_rule_that_could_not_run_says_what_it_needs(found: SimpleNamespace) -> None:
    outcomes = found.outcomes
    assert (outcomes["reason"].notna() == (outcomes["outcome"] == "not run")).all()
    assert (outcomes.loc[outcomes["outcome"] == "not run", "checks"] == 0).all()
    assert (outcomes.loc[outcomes["outcome"] == "passed", "breaches"] == 0).all()
    first = outcomes[(outcomes["file_name"] == "sound 2 2021 adults v1.xlsx")].set_index("rule_code")
    assert first.at["copied_from_last_year", "outcome"] == "not run"
    assert first.at["copied_from_last_year", "reason"].startswith("This needs last year's return")
    assert "either_above_sum" not in first.index  # not asked in 2021
    assert "band_limit_missing" in first.index


def test_a_reply_stands_while_the_figure_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query answered in one version stays answered in the next, and is asked again where the figure changed."""
    monkeypatch.setenv("WRES_HOME", str(tmp_path / "home"))
    home = open_home()
    code = places()[0]
    first = write_case_file(tmp_path / "v1.xlsx", File(values=column("leavers", [78, 43, 16, 21, 29, 9])), code)
    receive(home, [first])

    def asked() -> pd.DataFrame:
        with Models(home.batches) as models:
            issues = models.table("fct_data_issue").to_pandas()
        return issues[issues["is_current"] & (issues["rule_code"] == "leavers_above_staff")].set_index("subject")

    mixed, other = (f"leavers | all | {group}" for group in (GROUPS[MIXED], GROUPS[OTHER]))
    before = asked()
    assert not before["is_answered"].any()
    replies = [
        {"issue_reference": before.at[group, "issue_reference"].lower(), "reply": "A team was closed."}
        for group in (mixed, other)
    ]
    moved = column("leavers", [78, 43, 16, 21, 30, 9])
    receive(
        home, [write_case_file(tmp_path / "v2.xlsx", File(version=2, values=moved, records={"reply": replies}), code)]
    )
    after = asked()
    assert after.at[mixed, "is_answered"]
    assert after.at[mixed, "reply"] == "A team was closed."
    assert after.at[mixed, "issue_reference"] == before.at[mixed, "issue_reference"]
    assert not after.at[other, "is_answered"]
    receive(home, [write_case_file(tmp_path / "v3.xlsx", File(version=3, values=moved), code)])
    assert asked()["is_answered"].to_dict() == after["is_answered"].to_dict()


def test_the_page_of_rules_is_what_the_seeds_say() -> None:
    spec = importlib.util.spec_from_file_location("rules_page", PROJECT / "scripts" / "rules.py")
    rules_page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules_page)
    assert rules_page.PAGE.read_text(encoding="utf-8") == rules_page.page(), "run: make rules"
