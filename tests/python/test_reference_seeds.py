"""The reference seeds agree with themselves and, where it is present, with the real published data."""

import os
from pathlib import Path

import pandas as pd
import pytest

from wres.reference import PROJECT, read_seed

BEGINNING = pd.Timestamp("1900-01-01")
END = pd.Timestamp("2200-01-01")
RETURN_SCHEMES = ["census_2021_19", "census_2011_18", "census_2001_16", "major_5", "binary_2"]
TOTALS = {"known", "total"}
UPPER_TIER = {
    "City corporation",
    "County",
    "London borough",
    "Metropolitan district",
    "Unitary authority",
}


def real_data(name: str) -> pd.DataFrame:
    """Return a published file as text columns, or skip the test where the folder is absent."""
    folder = PROJECT / os.environ.get("WRES_REFERENCE_DATA", "../shared/data")
    path = Path(folder) / name
    if not path.exists():
        pytest.skip(f"{path.name} is not in {folder} (set WRES_REFERENCE_DATA)")
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def dated(seed: str) -> pd.DataFrame:
    """Return a seed with open ends of its validity filled by far dates."""
    frame = read_seed(seed).copy()
    frame["valid_from"] = pd.to_datetime(frame["valid_from"]).fillna(BEGINNING)
    frame["valid_to"] = pd.to_datetime(frame["valid_to"]).fillna(END)
    return frame


def authorities() -> pd.DataFrame:
    """Return the authorities of the seed area, dated and keyed by code."""
    area = dated("area_register")
    return area[area["area_level"] == "authority"].set_index("area_code")


def out_of_date(codes: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the (code, day) pairs that the seed area does not hold on that day."""
    known = authorities()
    found = codes.join(known[["valid_from", "valid_to"]], on="code")
    in_date = (found["valid_from"] <= found["day"]) & (found["day"] <= found["valid_to"])
    return list(found.loc[~in_date, ["code", "day"]].itertuples(index=False, name=None))


# --- areas ---------------------------------------------------------------------------------------------


def test_the_number_of_authorities_changes_only_with_the_reorganisations():
    known = authorities()

    def in_force(day: str) -> int:
        return int(((known["valid_from"] <= day) & (pd.Timestamp(day) <= known["valid_to"])).sum())

    # 2019: three became two. 2021 and 2023: a county became two.
    days = ["2018-09-30", "2019-09-30", "2020-09-30", "2021-09-30", "2022-09-30", "2023-09-30", "2025-09-30"]
    assert [in_force(day) for day in days] == [152, 151, 151, 152, 152, 153, 153]
    assert int((read_seed("area_register").query("area_level == 'authority'")["valid_to"] == "").sum()) == 153


def test_area_codes_are_well_formed_and_unique():
    area = read_seed("area_register")
    assert area["area_code"].is_unique
    patterns = {
        "authority": r"E(06|08|09|10)\d{6}",
        "region": r"E1200000[1-9]",
        "sub_region": r"E1300000[12]",
        "national": "E92000001",
    }
    assert set(area["area_level"]) == set(patterns)
    for level, pattern in patterns.items():
        assert area.loc[area["area_level"] == level, "area_code"].str.fullmatch(pattern).all(), level


def test_every_area_leads_up_to_england_through_its_own_region():
    area = read_seed("area_register").set_index("area_code")
    level = area["area_level"].to_dict()
    parent = area["parent_code"].to_dict()
    may_be_in = {"authority": {"region", "sub_region"}, "sub_region": {"region"}, "region": {"national"}}
    for code, row in area.iterrows():
        if row["area_level"] == "national":
            assert row["parent_code"] == ""
            continue
        assert level[row["parent_code"]] in may_be_in[row["area_level"]], code
        path = [code]
        while parent[path[-1]]:
            path.append(parent[path[-1]])
        assert path[-1] == "E92000001", code
        if row["area_level"] == "authority":
            assert row["region_code"] in path, code
        else:
            assert row["region_code"] == "", code


def test_an_authority_is_in_a_london_sub_region_exactly_when_it_is_in_london():
    area = read_seed("area_register").query("area_level == 'authority'")
    in_london = area["area_code"].str.startswith("E09")
    assert in_london.sum() == 33
    assert ((area["region_code"] == "E12000007") == in_london).all()
    assert (area["parent_code"].str.startswith("E13") == in_london).all()


def test_no_authority_ends_before_it_begins():
    known = authorities()
    assert (known["valid_from"] < known["valid_to"]).all()


def test_a_successor_starts_on_the_day_after_its_predecessor_ends():
    change = read_seed("area_change")
    known = authorities()
    effective = pd.to_datetime(change["effective_on"])
    ended = change["predecessor_code"].map(known["valid_to"])
    began = change["successor_code"].map(known["valid_from"])
    assert (began == effective).all()
    assert (ended + pd.Timedelta(days=1) == effective).all()
    assert (change.groupby("change_code")["effective_on"].nunique() == 1).all()
    assert not change.duplicated(["predecessor_code", "successor_code"]).any()


def test_every_authority_that_began_or_ended_is_in_a_change():
    change = read_seed("area_change")
    known = authorities()
    ended = set(known.index[known["valid_to"] < END])
    began = set(known.index[known["valid_from"] > BEGINNING])
    assert ended == set(change["predecessor_code"])
    assert began == set(change["successor_code"])


def test_a_change_stays_within_one_region():
    change = read_seed("area_change")
    region = authorities()["region_code"]
    assert (change["predecessor_code"].map(region) == change["successor_code"].map(region)).all()


# --- organisations -------------------------------------------------------------------------------------


def test_organisations_are_not_authorities_and_each_has_an_area_row():
    organisation = read_seed("organisation_register")
    bridge = read_seed("organisation_area_register")
    assert not set(organisation["organisation_code"]) & set(authorities().index)
    assert set(organisation["organisation_code"]) == set(bridge["organisation_code"])
    assert set(organisation["organisation_kind"]) <= {"local authority", "joint", "other"}


def test_an_area_and_service_goes_to_one_organisation_at_a_time_in_a_collection():
    bridge = dated("organisation_area_register").query("area_code != ''")
    pairs = bridge.merge(bridge, on=["collection", "area_code", "service"], suffixes=("", "_other"))
    pairs = pairs[pairs["organisation_code"] != pairs["organisation_code_other"]]
    overlaps = (pairs["valid_from"] <= pairs["valid_to_other"]) & (pairs["valid_from_other"] <= pairs["valid_to"])
    assert not overlaps.any()


def test_the_bridge_holds_only_while_its_areas_and_organisations_do():
    bridge = dated("organisation_area_register")
    organisation = dated("organisation_register").set_index("organisation_code")
    with_organisation = bridge.join(organisation, on="organisation_code", suffixes=("", "_organisation"))
    assert (with_organisation["valid_from"] >= with_organisation["valid_from_organisation"]).all()
    with_area = bridge.query("area_code != ''").join(authorities(), on="area_code", suffixes=("", "_area"))
    assert (with_area["valid_from"] >= with_area["valid_from_area"]).all()
    assert (with_area["valid_to"] <= with_area["valid_to_area"]).all()


def test_a_joint_code_of_the_publisher_serves_the_authorities_that_it_names():
    bridge = read_seed("organisation_area_register")
    joint = bridge[bridge["organisation_code"].str.contains(" / ")]
    assert not joint.empty
    for (_, code), rows in joint.groupby(["collection", "organisation_code"]):
        assert sorted(rows["area_code"]) == sorted(code.split(" / "))
        assert set(rows["service"]) == {"children"}


def test_richmond_reports_adults_with_wandsworth_and_children_with_kingston():
    bridge = read_seed("organisation_area_register").query("collection == 'sc-wres' and area_code == 'E09000027'")
    assert bridge.set_index("service")["organisation_code"].to_dict() == {
        "adults": "WRES-RW",
        "children": "E09000021 / E09000027",
    }


def test_collections_and_services_are_known():
    collections = set(read_seed("collection")["collection"])
    services = set(read_seed("service")["service"])
    assert collections == {"sc-wres", "csww"}
    assert services == {"adults", "children", "all"}
    assert set(read_seed("organisation_area_register")["collection"]) <= collections
    assert set(read_seed("organisation_area_register")["service"]) <= services - {"all"}
    assert set(read_seed("collection_round")["collection"]) <= collections


def test_a_round_opens_before_it_closes_in_its_own_year():
    rounds = read_seed("collection_round")
    opens, closes = pd.to_datetime(rounds["opens_on"]), pd.to_datetime(rounds["closes_on"])
    year = rounds["collection_year"].astype(int)
    assert (opens < closes).all()
    assert (opens.dt.year == year).all()
    assert (closes.dt.year == year).all()
    assert not rounds.duplicated(["collection", "collection_year"]).any()


# --- ethnic groups -------------------------------------------------------------------------------------


def test_detailed_groups_roll_up_to_major_groups_and_to_the_headline():
    group = read_seed("ethnic_group_register").set_index("ethnic_group")
    assert group.index.is_unique
    assert group["level"].value_counts().to_dict() == {
        "detailed": 19,
        "major": 5,
        "total": 2,
        "headline": 1,
        "combined": 1,
        "reference": 1,
        "unknown": 1,
    }
    detailed = group[group["level"] == "detailed"]
    # A detailed code begins with the code of its major group.
    assert (detailed.index.str.split("_").str[0] == detailed["major_group"]).all()
    rolled = group[group["major_group"] != ""]
    expected = rolled["major_group"].eq("white").map({True: "white", False: "minority_ethnic"})
    assert (rolled["headline_group"] == expected).all()
    major = group[group["level"] == "major"]
    assert (major["major_group"] == major.index).all()


def test_no_group_is_compared_with_one_that_holds_it():
    pairs = read_seed("comparison_pair")
    group = read_seed("ethnic_group_register").set_index("ethnic_group")
    white = set(group[group["headline_group"] == "white"].index)
    against_white = pairs[pairs["reference_group"] == "white"]
    assert not white & set(against_white["comparison_group"])
    assert "white_british" not in set(pairs["comparison_group"])
    # Everybody else of a headline group is the other headline group.
    assert "minority_ethnic" not in set(pairs[pairs["reference_group"] == "everyone_else"]["comparison_group"])
    detailed = set(group[group["level"].isin(["detailed", "combined"])].index) - {"white_british"}
    assert detailed <= set(pairs["comparison_group"])
    shown_always = pairs[pairs["is_detail"] == "false"]
    assert set(shown_always["reference_group"]) == {"white"}
    assert set(shown_always["comparison_group"]) == {"minority_ethnic", "asian", "black", "mixed", "other"}


def test_each_scheme_is_mapped_in_full_and_to_known_groups():
    mapping = read_seed("ethnic_group_mapping")
    scheme = read_seed("ethnic_scheme").set_index("scheme")["groups"].astype(int)
    assert set(mapping["scheme"]) == set(scheme.index)
    assert set(mapping["ethnic_group"]) <= set(read_seed("ethnic_group_register")["ethnic_group"])
    assert not mapping.duplicated(["scheme", "value"]).any()
    # No scheme here has two values for one group, so each value stays apart when it is conformed.
    assert not mapping.duplicated(["scheme", "ethnic_group"]).any()
    groups = mapping[~mapping["ethnic_group"].isin(TOTALS | {"unknown"})]
    assert groups.groupby("scheme").size().to_dict() == scheme.to_dict()
    for name, rows in mapping.groupby("scheme"):
        assert sorted(rows["sort_order"].astype(int)) == list(range(1, len(rows) + 1)), name


def test_each_return_scheme_ends_with_not_known_and_has_no_totals():
    mapping = read_seed("ethnic_group_mapping")
    for scheme in RETURN_SCHEMES:
        rows = mapping[mapping["scheme"] == scheme]
        last = rows.loc[rows["sort_order"].astype(int).idxmax()]
        assert (last["value"], last["ethnic_group"]) == ("Not known", "unknown")
        assert not set(rows["ethnic_group"]) & TOTALS


def test_the_groups_of_every_scheme_cover_both_sides_of_the_headline():
    mapping = read_seed("ethnic_group_mapping").merge(read_seed("ethnic_group_register"), on="ethnic_group")
    for scheme, rows in mapping.groupby("scheme"):
        assert {"white", "minority_ethnic"} <= set(rows["headline_group"]), scheme


@pytest.mark.parametrize(
    ("scheme", "ending", "expected"),
    [
        ("census_2001_16", ": Chinese", "asian_chinese"),
        ("census_2011_18", ": Chinese", "asian_chinese"),
        ("census_2001_16", ": Any other ethnic group", "other"),
        ("census_2011_18", ": Any other ethnic group", "other_any_other"),
        ("census_2021_19", ": Roma", "white_roma"),
        ("binary_2", "Minority ethnic", "minority_ethnic"),
        ("csww_major", "Black / African / Caribbean / Black British", "black"),
    ],
)
def test_a_value_is_mapped_within_its_scheme(scheme, ending, expected):
    mapping = read_seed("ethnic_group_mapping")
    rows = mapping[(mapping["scheme"] == scheme) & mapping["value"].str.endswith(ending)]
    assert rows["ethnic_group"].tolist() == [expected]


# --- notes, and the restated England figures -----------------------------------------------------------


def test_each_value_note_has_a_place_of_its_own_in_the_order():
    note = read_seed("value_note")
    assert note["value_note"].is_unique
    assert note["precedence"].astype(int).is_unique
    assert set(note["is_from_publisher"]) == {"true", "false"}
    assert set(note.query("is_from_publisher == 'true'")["value_note"]) == {"x", "z", "c", "low", "u"}


def test_the_england_figures_are_complete_and_add_up():
    england = read_seed("csww_england")
    wide = england.assign(headcount=england["headcount"].astype(int)).pivot(
        index=["collection_year", "role"], columns="ethnic_value", values="headcount"
    )
    mapping = read_seed("ethnic_group_mapping").query("scheme == 'csww_major'")
    assert set(wide.columns) == set(mapping["value"])
    assert wide.shape == (6 * 7, 8)
    assert not wide.isna().any(axis=None)
    five = mapping.loc[~mapping["ethnic_group"].isin(TOTALS | {"unknown"}), "value"].tolist()
    assert (wide[five].sum(axis=1) == wide["Known"]).all()
    assert (wide["Known"] + wide["Not known"] == wide["Total"]).all()
    roles = wide.drop(index="Total", level="role").groupby("collection_year").sum()
    assert (roles == wide.xs("Total", level="role")).all(axis=None)


def test_the_england_figures_give_the_worked_relative_likelihoods_of_senior_managers():
    england = read_seed("csww_england")
    count = england.set_index(["collection_year", "role", "ethnic_value"])["headcount"].astype(int)

    def of(year: str, role: str) -> tuple[int, int]:
        return count[year, role, "Known"] - count[year, role, "White"], count[year, role, "White"]

    # Minority ethnic of all, white of all; worked by hand from the publisher's tables.
    assert (of("2019", "Senior manager"), of("2019", "Total")) == ((52, 417), (5897, 20927))
    assert (of("2024", "Senior manager"), of("2024", "Total")) == ((94, 536), (7754, 21869))


# --- against the published files -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["csww_role_by_ethnicity_2019_to_2024.csv", "csww_workforce_2017_to_2024.csv"])
def test_every_code_of_the_census_files_is_in_force_on_its_day(name):
    rows = real_data(name)
    rows = rows.loc[rows["geographic_level"] == "Local authority", ["time_period", "new_la_code"]]
    rows = rows.drop_duplicates()
    census = read_seed("collection").set_index("collection").loc["csww"]
    codes = pd.DataFrame(
        {
            "code": rows["new_la_code"].str.split(" / "),
            "day": pd.to_datetime(rows["time_period"] + "-" + census["census_month"] + "-" + census["census_day"]),
        }
    ).explode("code")
    assert len(codes) > 140
    assert out_of_date(codes) == []


def test_every_joint_code_of_the_census_file_is_an_organisation_in_force():
    rows = real_data("csww_workforce_2017_to_2024.csv")
    joint = rows[rows["new_la_code"].str.contains(" / ")][["time_period", "new_la_code"]].drop_duplicates()
    organisation = dated("organisation_register").set_index("organisation_code")
    for row in joint.itertuples():
        day = pd.Timestamp(f"{row.time_period}-09-30")
        assert organisation.loc[row.new_la_code, "valid_from"] <= day, row
        assert day <= organisation.loc[row.new_la_code, "valid_to"], row


def test_regions_have_the_codes_and_names_of_the_census_file():
    rows = real_data("csww_workforce_2017_to_2024.csv")
    name = read_seed("area_register").set_index("area_code")["area_name"]
    printed = rows.loc[rows["region_code"] != "", ["region_code", "region_name"]].drop_duplicates()
    assert len(printed) == 11
    assert (printed["region_code"].map(name) == printed["region_name"]).all()


def test_each_authority_is_in_the_region_of_the_census_file():
    rows = real_data("csww_workforce_2017_to_2024.csv")
    parent = read_seed("area_register").set_index("area_code")["parent_code"]
    printed = rows.loc[rows["new_la_code"] != "", ["new_la_code", "region_code"]].drop_duplicates()
    printed = printed.assign(code=printed["new_la_code"].str.split(" / ")).explode("code")
    assert (printed["code"].map(parent) == printed["region_code"]).all()


def test_the_authorities_of_the_residents_file_are_those_of_2023_with_the_same_names():
    rows = real_data("census2021_residents_by_ethnic_group.csv")
    rows = rows[["utla23_code", "utla23_name"]].drop_duplicates()
    codes = pd.DataFrame({"code": rows["utla23_code"], "day": pd.Timestamp("2023-12-31")})
    assert len(codes) == 153
    assert out_of_date(codes) == []
    assert (rows["utla23_code"].map(authorities()["area_name"]) == rows["utla23_name"]).all()


def test_every_upper_tier_authority_of_the_register_is_known_and_ends_when_it_says():
    register = real_data("local_authority_register.csv")
    register = register[register["local_authority_type_name"].isin(UPPER_TIER)]
    known = authorities()
    former = [code for codes in register["former_gss_codes"] for code in codes.split(",") if code]
    assert set(register["gss_code"]) | set(former) <= set(known.index)
    ended = register[register["end_date"] != ""].set_index("gss_code")["end_date"]
    # The register gives either the last day or the successor's first.
    late = (pd.to_datetime(ended) - ended.index.map(known["valid_to"])).dt.days
    assert late.isin([0, 1]).all()


def test_the_england_seed_equals_the_published_rows():
    rows = real_data("csww_role_by_ethnicity_2019_to_2024.csv")
    rows = rows[rows["geographic_level"] == "National"]
    published = rows.set_index(["time_period", "role", "breakdown"])["inpost_headcount"].to_dict()
    england = read_seed("csww_england").set_index(["collection_year", "role", "ethnic_value"])
    assert england["headcount"].to_dict() == published


# --- what the synthetic returns are sized from ---------------------------------------------------------


def sample_areas() -> pd.DataFrame:
    """Return the sizes and ethnic shares that synthetic returns start from, one row per authority."""
    return pd.read_csv(PROJECT / "scripts" / "wres" / "sample_areas.csv").set_index("area_code")


def test_the_sample_has_every_present_authority_with_shares_that_add_up():
    sample = sample_areas()
    known = authorities()
    assert set(sample.index) == set(known.index[known["valid_to"] == END])
    parts = sample[["asian_share", "black_share", "mixed_share", "other_share"]].sum(axis=1)
    # Each share is rounded to four decimals.
    assert ((parts - sample["minority_ethnic_share"]).abs() <= 0.00025).all()
    assert (sample["minority_ethnic_share"] + sample["white_minority_share"] <= 1).all()


def test_the_sample_adds_up_to_the_published_workforce_and_residents():
    sample = sample_areas()
    rows = real_data("csww_role_by_ethnicity_2019_to_2024.csv")
    england = rows[(rows["geographic_level"] == "National") & (rows["time_period"] == "2024")]
    total = england.query("role == 'Total' and breakdown == 'Total'")["inpost_headcount"].item()
    assert sample["childrens_social_workers"].sum() == int(total)
    residents = real_data("census2021_residents_by_ethnic_group.csv")
    assert sample["residents"].sum() == residents["residents"].astype(int).sum()


# --- ladders -------------------------------------------------------------------------------------------


def test_each_band_and_role_is_a_step_of_its_ladder_or_is_left_out_for_a_reason():
    steps = read_seed("ladder_step").groupby("ladder")["breakdown"].agg(set)
    bands = read_seed("pay_band_register").groupby("scheme")["pay_band"].agg(set)
    not_known = read_seed("pay_band_register").query("scheme == 'national' and lower_limit == ''")["pay_band"]
    assert steps["national pay bands"] == bands["national"]
    assert steps["own pay bands"] == bands["own"] | set(not_known)
    assert steps["social work roles"] == set(read_seed("csww_england")["role"])
    assert set(steps.index) == set(read_seed("ladder")["ladder"])


def test_pay_ladders_are_in_the_order_of_their_bands():
    steps = read_seed("ladder_step").query("step_order != ''").set_index("breakdown")["step_order"]
    bands = read_seed("pay_band_register").set_index("pay_band")["sort_order"]
    pay = steps.index.intersection(bands.index)
    assert len(pay) == 11
    assert (steps[pay] == bands[pay]).all()


def test_thirds_go_up_the_ladder_and_each_has_a_step_or_none_has():
    steps = read_seed("ladder_step").query("step_order != ''")
    for _, ladder in steps.groupby("ladder"):
        thirds = ladder.sort_values("step_order", key=lambda order: order.astype(int))["third"]
        assert thirds.drop_duplicates().tolist() in (["lower", "middle", "upper"], [""])
