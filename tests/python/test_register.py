"""Who registered, what came, which version counts and who acts next, for each golden case."""

import csv
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from receive_files import KENT, YEAR, stored, write_return
from sound_return import sound_values

from wres.cli import main
from wres.form import round_of
from wres.home import Home, open_home
from wres.models import Models
from wres.receive import receive
from wres.reference import read_seed
from wres.retention import withdraw
from wres.status import register

SURREY, HULL, NORFOLK, ESSEX = "E10000030", "E06000010", "E10000020", "E10000012"
LEAVERS, SHORTLISTED = ("leavers", "all"), ("shortlisted", "all")
COLUMNS = (
    "collection_year",
    "organisation_code",
    "organisation_name",
    "service",
    "registered_on",
    "kind",
    "sponsor_role",
    "outcome",
    "changed_on",
)
OPENS_ON, CLOSES_ON = round_of(YEAR)
LATER = CLOSES_ON.replace(month=12)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("WRES_HOME", str(tmp_path / "home"))
    return open_home()


def line(organisation_code: str, service: str = "adults", **entries: object) -> dict[str, object]:
    """Return one line of the register: a registration that was accepted, unless entries say otherwise."""
    return {
        "collection_year": YEAR,
        "organisation_code": organisation_code,
        "organisation_name": "As the programme wrote it",
        "service": service,
        "registered_on": f"{YEAR}-05-07",
        "kind": "registration",
        "sponsor_role": "Director of Adult Social Services",
        "outcome": "accepted",
        "changed_on": f"{YEAR}-05-20",
    } | entries


def write_register(path: Path, *lines: dict[str, object]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(lines)
    return path


def entries(home: Home) -> pd.DataFrame:
    with Models(home.batches) as models:
        return models.table("fct_registration").to_pandas()


def of(home: Home, organisation_code: str, service: str = "adults", day: date = LATER) -> pd.Series:
    """Return one service's row of the register on a day."""
    rows = register(home, YEAR, day).set_index(["organisation_code", "service"])
    return rows.loc[(organisation_code, service)]


def with_entry(column: tuple[str, str], group: int, entry: object) -> dict:
    values = sound_values()
    values[column] = [entry if number == group else count for number, count in enumerate(values[column])]
    return values


# ---------------------------------------------------------------------------------------------- who registered


def test_the_pilot_sites_are_on_the_register_for_both_services():
    pilots = read_seed("registration_register").query("collection_year == '2021'")
    assert pilots["organisation_code"].nunique() == 18
    assert (pilots.groupby("organisation_code")["service"].agg(set) == {"adults", "children"}).all()
    assert set(pilots["kind"]) == {"pilot site"}
    assert set(pilots["outcome"]) == {"accepted"}
    known = set(read_seed("area_register")["area_code"]) | set(read_seed("organisation_register")["organisation_code"])
    assert set(pilots["organisation_code"]) <= known
    sites = set(
        read_seed("area_register")
        .set_index("area_code")
        .loc[list(set(pilots["organisation_code"]) - {"WRES-RW"})]["area_name"]
    )
    assert {"Barking and Dagenham", "Brent", "Stoke-on-Trent", "Hertfordshire", "Nottinghamshire"} <= sites
    assert "WRES-RW" in set(pilots["organisation_code"])


def test_the_programmes_register_is_received_like_any_file(home, tmp_path):
    path = write_register(tmp_path / "register.csv", line(KENT), line("WRES-SFC"), line(SURREY, "children"))
    receipt = receive(home, [path])
    assert receipt.is_clean
    assert len(receipt.issues) == 0
    assert receive(home, [path]).already == ["register.csv"]
    rows = entries(home).set_index(["collection_year", "organisation_code", "service"])
    kent = rows.loc[(YEAR, KENT, "adults")]
    assert (kent["registration_kind"], kent["registration_outcome"]) == ("registration", "accepted")
    assert kent["registered_on"] == date(YEAR, 5, 7)
    assert kent["organisation_name"] == "Kent"
    assert (YEAR, "WRES-SFC", "adults") in rows.index


def test_a_word_that_the_register_does_not_know_is_asked_about(home, tmp_path):
    path = write_register(tmp_path / "register.csv", line(KENT, outcome="perhaps"), line(SURREY, "childrens"))
    receipt = receive(home, [path])
    assert set(receipt.issues["rule_code"]) == {"unknown_category"}
    assert set(receipt.issues["value_text"]) == {"perhaps", "childrens"}
    assert SURREY not in set(entries(home).query("collection_year == @YEAR")["organisation_code"])


def test_a_day_is_read_day_first_or_asked_about_in_its_cell(home, tmp_path):
    path = write_register(
        tmp_path / "register.csv",
        line(KENT, registered_on=f"07/05/{YEAR}"),
        line(SURREY, registered_on=f"05/13/{YEAR}", changed_on="soon"),
    )
    issues = receive(home, [path]).issues
    told = issues.set_index("cell")[["rule_code", "value_text"]].to_dict("index")
    assert told == {
        "E2": {"rule_code": "date_repaired", "value_text": f"07/05/{YEAR}"},
        "E3": {"rule_code": "ambiguous_date", "value_text": f"05/13/{YEAR}"},
        "I3": {"rule_code": "ambiguous_date", "value_text": "soon"},
    }
    assert f"7 May {YEAR}" in issues.set_index("cell").at["E2", "message"]
    rows = entries(home).query("collection_year == @YEAR").set_index("organisation_code")
    assert rows.at[KENT, "registered_on"] == date(YEAR, 5, 7)
    assert pd.isna(rows.at[SURREY, "registered_on"])


def test_an_organisation_that_nobody_knows_is_asked_about_once(home, tmp_path):
    path = write_register(tmp_path / "register.csv", line(KENT), line("E10009999", organisation_name="Nowhere"))
    issues = receive(home, [path]).issues
    assert issues[["rule_code", "cell"]].to_numpy().tolist() == [["unknown_organisation", "D3"]]
    assert issues["message"].str.startswith("Nowhere (E10009999) is registered").all()


def test_the_line_changed_last_counts_in_whatever_order_files_come(home, tmp_path, unchecked):
    accepted = write_register(tmp_path / "may.csv", line(KENT))
    gone = write_register(tmp_path / "july.csv", line(KENT, outcome="withdrawn", changed_on=f"{YEAR}-07-01"))
    receive(home, [gone])
    receive(home, [accepted])
    [outcome] = entries(home).query("collection_year == @YEAR")["registration_outcome"]
    assert outcome == "withdrawn"
    assert register(home, YEAR, LATER).empty


def test_an_expression_of_interest_is_kept_with_its_outcome(home, tmp_path, unchecked):
    asked = line(KENT, kind="expression of interest", outcome="", sponsor_role="Chief Executive")
    receive(home, [write_register(tmp_path / "register.csv", asked, line(SURREY, outcome="declined"))])
    rows = entries(home).query("collection_year == @YEAR").set_index("organisation_code")
    assert rows.loc[KENT, ["registration_kind", "registration_outcome", "sponsor_role"]].to_list() == [
        "expression of interest",
        "asked",
        "Chief Executive",
    ]
    assert rows.at[SURREY, "registration_outcome"] == "declined"
    assert register(home, YEAR, LATER).empty  # nobody of them is expected to send anything


# ------------------------------------------------------------------------------------------------ what came of it


def test_each_golden_case_has_its_status(home, tmp_path):
    lines = [line(code) for code in (KENT, SURREY, HULL, NORFOLK)]
    receive(home, [write_register(tmp_path / "register.csv", *lines)])
    receive(
        home,
        [
            write_return(tmp_path / "kent.xlsx", values=sound_values()),
            write_return(tmp_path / "surrey.xlsx", organisation_code=SURREY, values=with_entry(SHORTLISTED, 2, None)),
            write_return(tmp_path / "hull.xlsx", organisation_code=HULL, values=with_entry(LEAVERS, 2, "about ten")),
            write_return(tmp_path / "essex.xlsx", organisation_code=ESSEX, values=sound_values()),
        ],
    )
    statuses = {code: tuple(of(home, code)[["status", "next_to_act"]]) for code in (KENT, SURREY, HULL, NORFOLK, ESSEX)}
    assert statuses == {
        KENT: ("accepted", "nobody"),
        SURREY: ("accepted with queries", "organisation"),
        HULL: ("partly accepted", "organisation"),
        NORFOLK: ("overdue", "organisation"),
        ESSEX: ("accepted", "nobody"),
    }
    # Kent registered for adults only; Essex, which did not register, is expected to send both of its services.
    rows = register(home, YEAR, LATER)
    assert set(rows.query("organisation_code == @KENT")["service"]) == {"adults"}
    assert set(rows.query("organisation_code == @ESSEX")["service"]) == {"adults", "children"}
    assert rows.query("organisation_code == @ESSEX")["registration_kind"].isna().all()


def test_what_has_not_come_depends_on_the_day(home, tmp_path, unchecked):
    receive(home, [write_register(tmp_path / "register.csv", line(KENT))])
    open_, last, over = (of(home, KENT, day=day) for day in (OPENS_ON, CLOSES_ON, LATER))
    assert (open_["status"], open_["days_left"]) == ("not received", (CLOSES_ON - OPENS_ON).days)
    assert (last["status"], last["days_left"]) == ("not received", 0)
    assert (over["status"], over["days_left"]) == ("overdue", (CLOSES_ON - LATER).days)
    next_round, _ = round_of(YEAR + 1)
    followed = of(home, KENT, day=next_round)
    assert (followed["status"], followed["next_to_act"]) == ("not received", "nobody")


def test_a_replaced_version_has_a_row_among_submissions_and_none_in_the_register(home, tmp_path, unchecked):
    receive(home, [write_return(tmp_path / "1.xlsx", values=with_entry(LEAVERS, 2, "about ten"))])
    assert of(home, KENT)["status"] == "partly accepted"
    receive(home, [write_return(tmp_path / "2.xlsx", values=sound_values(), version=2)])
    row = of(home, KENT)
    assert (row["status"], row["return_version"], row["versions_received"]) == ("accepted", 2, 2)
    with Models(home.batches) as models:
        sent = models.table("fct_submission").to_pandas().set_index("return_version")
    assert sent.at[1, "status"] == "replaced"
    assert sent.at[1, "replaced_by"] == sent.at[2, "submission_id"]
    assert sent.at[1, "next_to_act"] == "nobody"


def test_a_late_return_is_said_to_be_late_and_stays_so(home, tmp_path, unchecked):
    late = {"signed_off_on": CLOSES_ON.replace(month=11, day=1)}
    receive(home, [write_return(tmp_path / "kent.xlsx", values=sound_values(), cover=late)])
    receive(home, [write_return(tmp_path / "surrey.xlsx", organisation_code=SURREY, values=sound_values())])
    assert of(home, KENT)["is_late"]
    assert not of(home, SURREY)["is_late"]


def test_a_refused_file_is_a_submission_of_nobody(home, tmp_path, unchecked):
    refused = write_return(tmp_path / "kent.xlsx", cover={"organisation_code": "KENT"})
    receive(home, [refused])
    with Models(home.batches) as models:
        [sent] = models.table("fct_submission").to_pylist()
    assert (sent["status"], sent["next_to_act"], sent["organisation_code"]) == ("rejected", "organisation", None)
    assert register(home, YEAR, LATER).empty


def test_a_withdrawn_return_leaves_nobody_to_act(home, tmp_path, unchecked):
    receive(home, [write_register(tmp_path / "register.csv", line(KENT))])
    receive(home, [write_return(tmp_path / "kent.xlsx", values=sound_values())])
    withdraw(home, KENT, YEAR, "adults", "Director of Adult Social Services")
    row = of(home, KENT)
    assert (row["status"], row["next_to_act"]) == ("withdrawn", "nobody")


def test_the_order_in_which_files_come_changes_nothing(home, tmp_path, monkeypatch, unchecked):
    paths = [
        write_return(tmp_path / "1.xlsx", values=with_entry(LEAVERS, 2, "about ten")),
        write_return(tmp_path / "2.xlsx", values=sound_values(), version=2),
        write_register(tmp_path / "register.csv", line(KENT), line(SURREY)),
    ]
    tables = []
    for name, order in (("one", paths), ("other", paths[::-1])):
        monkeypatch.setenv("WRES_HOME", str(tmp_path / name))
        here = open_home()
        for path in order:
            receive(here, [path])
        tables.append(register(here, YEAR, LATER))
    pd.testing.assert_frame_equal(*tables)


# ------------------------------------------------------------------------------------------------------ status


def test_status_shows_who_has_to_act_in_eighty_columns(home, tmp_path, unchecked):
    receive(home, [write_register(tmp_path / "register.csv", line(KENT), line(SURREY))])
    receive(home, [write_return(tmp_path / "kent.xlsx", values=sound_values())])
    result = CliRunner().invoke(main, ["status", "--year", str(YEAR), "--date", CLOSES_ON.replace(day=21).isoformat()])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert "10 days left" in lines[0]
    assert any("2 returns expected of 2 organisations (2 registered); 1 came" in text for text in lines)
    assert any("1 accepted, 1 not received" in text for text in lines)
    [surrey] = [text for text in lines if text.strip().startswith("Surrey")]
    assert surrey.split() == ["Surrey", "adults", "not", "received", "organisation", "10"]
    assert not [text for text in lines if text.strip().startswith("Kent")]
    table = lines[: next(number for number, text in enumerate(lines) if text.startswith("Received"))]
    assert all(len(text) <= 120 for text in table)
    shown = [text for text in table if "  " in text.strip() and not text.startswith(("Register", " " * 11))]
    assert all(len(text) <= 80 for text in shown)


def test_status_shows_the_latest_round_that_has_opened(home, tmp_path, unchecked):
    receive(home, [write_register(tmp_path / "register.csv", line(KENT))])
    for day, year in ((OPENS_ON, YEAR), (date(YEAR + 1, 1, 1), YEAR), (round_of(YEAR + 1)[0], YEAR + 1)):
        result = CliRunner().invoke(main, ["status", "--date", day.isoformat()])
        assert f"Register   {year}," in result.output


def test_status_of_a_year_without_a_round_says_which_there_are(home):
    result = CliRunner().invoke(main, ["status", "--year", "2022"])
    assert result.exit_code == 1
    assert "Error: There is no form for 2022." in result.output


def test_nothing_personal_is_kept_in_the_register(home, tmp_path, unchecked):
    """The sponsor is a role, and the register has no column for a name or an address."""
    columns = set(read_seed("statistics_column").query("dataset == 'register'")["column_name"])
    assert columns == set(COLUMNS)
    receive(home, [write_register(tmp_path / "register.csv", line(KENT))])
    assert {row["measure"] for row in stored(home, "observations")} == {
        "registered_on",
        "registered_service",
        "registration_kind",
        "sponsor_role",
        "registration_outcome",
        "register_changed_on",
    }
