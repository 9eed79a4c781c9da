"""Personal data never gets in: it is seen, masked and refused, and what only looks like it is left alone."""

from datetime import date
from pathlib import Path

import pytest
from receive_files import SCHEME, put, read_book, write_book, write_return

from wres.form import form_schemes, form_years, group_rows
from wres.labels import form_words
from wres.personal import masked, name_for_role, personal_data
from wres.read_return import read_cells, read_returns
from wres.reading import Reading
from wres.reference import read_seed

SEEN = {
    "jane.smith@kent.gov.uk": "e-mail address",
    "Please ask j.o'neil+wres@northumberland.gov.uk about this": "e-mail address",
    "jane.smith [at] kent.gov.uk": "e-mail address",
    "AB123456C": "national insurance number",
    "NI no. ab 12 34 56 c": "national insurance number",
    "QQ 12 34 56 A": "national insurance number",
    "943 476 5919": "NHS number",
    "NHS 9434765919": "NHS number",
    "Ring 07700 900123": "telephone number",
    "020 7946 0958": "telephone number",
    "+44 20 7946 0958 ext 2": "telephone number",
    "(01632) 960 983": "telephone number",
    "ME14 1XQ": "postcode",
    "lives at SW1A 1AA": "postcode",
    "m1 1ae": "postcode",
    "DOB 12/03/1975": "date of birth",
    "born on 3 May 1980": "date of birth",
    "Date of birth: 1 2 1999": "date of birth",
    "12/03/1975": "date of birth",
    "Mrs Patel asked": "person's name",
    "Cllr Ahmed to lead": "person's name",
    "Dr. O'Brien": "person's name",
    "Interview with Fatima Begum in May": "person's name",
    "Mohammed Ali raised it": "person's name",
    "Jane Smith of HR": "person's name",
    "0044 7700 900123": "telephone number",
    "07700.900.123": "telephone number",
    "7700900123": "telephone number",
    "447700900123": "telephone number",
    "jane.smith at kent.gov.uk": "e-mail address",
    "see linkedin.com/in/someone-real": "page about a person",
    "12 March 1985": "date of birth",
    "12th March 1985": "date of birth",
    "1985-03-12": "date of birth",
    "12-Mar-1985": "date of birth",
    "Mar 12, 1985": "date of birth",
    "03/25/1985": "date of birth",
    "12.3.85": "date of birth",
    "JANE SMITH": "person's name",
    "Jane SMITH": "person's name",
    "SMITH, Jane": "person's name",
    "Smith, Jane": "person's name",
    "J. Smith": "person's name",
    "Agreed with A. Smith in May": "person's name",
    "Si\u00e2n Jones": "person's name",
    "Zo\u00eb M\u00fcller": "person's name",
    "ms begum": "person's name",
    "raised by MS BEGUM": "person's name",
    "SW123456": "registration number",
    "Employee no 123456": "number of a member of staff",
    "Payroll number: A0123456": "number of a member of staff",
}
NOT_PERSONAL = [
    "Director of Adult Social Services",
    "Kent County Council",
    "Asian or Asian British: Indian",
    "E10000016",
    "12345678",
    "1234567890",
    "0",
    "2024-03-31",
    "31/03/2025",
    "31 March 2025",
    "Under £30,000",
    "£30,000 to £69,999",
    "2; 7a",
    "3F9A-12C7-08",
    "A1",
    "Stephen Lawrence Day",
    "Mary Seacole programme and Black History Month",
    "St John Ambulance",
    "Martin Luther King",
    "George Floyd",
    "Anti-racist practice training for 120 managers by 31 March 2026",
    "From 12% to 18% of senior managers between 2021 and 2024",
    "Mark every panel",
    "We pay from £24,294 to £41,418",
    "not collected",
    "See indicator 6, 7a and 7b",
    "A plan from 31 March 2024 to 1 April 2026",
    "By 30.06.2026, and again on 2027-01-31",
    "In May 2024 we will mark the day; Mark every panel",
    "Use MS Teams and MS Word, ms office as well",
    "Staff with MS and other conditions",
    "DIRECTOR OF ADULT SOCIAL SERVICES",
    "STEPHEN LAWRENCE DAY",
    "A. Workforce, B. Recruitment",
    "B. Review of panels by June",
    "Plan A. Then a review",
    "Black, Asian and minority ethnic staff",
    "Social workers (SW) 2024",
    "Staff number 1204",
    "Read the page at kent.gov.uk",
    "https://www.linkedin.com/company/kent",
    "1.2.3 and 4.5.6",
    "12.3.4",
    "12345678901",
    "The Equality Act 2010, section 149",
    "Mixed or multiple ethnic groups",
]


@pytest.mark.parametrize(("text", "called"), SEEN.items())
def test_what_is_personal_is_seen(text, called):
    assert personal_data(text) == called


@pytest.mark.parametrize("text", NOT_PERSONAL)
def test_what_only_looks_personal_is_left_alone(text):
    assert personal_data(text) is None


def test_no_word_of_the_form_and_no_area_or_organisation_is_personal():
    areas = read_seed("area_register")
    organisations = read_seed("organisation_register")
    words = {*form_words(), *areas["area_name"], *areas["area_code"], *organisations["organisation_name"]}
    words |= {group for scheme in form_schemes() for group in group_rows(scheme)}
    words |= {text for name in ("theme", "measure", "form_record") for text in read_seed(name).to_numpy().ravel()}
    assert len(words) > 500
    assert {word: seen for word in words if (seen := personal_data(word))} == {}


ROLES = [
    "Director of Adult Social Services",
    "Director of Adult Social Services, Kent County Council",
    "Strategic Director for Children & Families",
    "Assistant Director (Early Help)",
    "Assistant Director - Quality Assurance",
    "Head of HR, Blackburn with Darwen",
    "Executive Director of People and Deputy Chief Executive",
    "Principal Social Worker",
    "Interim DCS",
    "DASS",
    "HR BP",
    "AD People",
    "Service Lead: Mental Health",
    "Director of Resources and S151 Officer",
    "EDI manager",
    "workforce programme manager",
]
NAMES = [
    "Jane Smith",
    "jane smith",
    "J Smith",
    "Smith",
    "Jane Smith, Director of Adult Social Services",
    "Director of Adult Social Services (Jane Smith)",
    "Director - Bola Adeyemi",
    "Director (Jane)",
    "Chidinma Okonkwo-Eze",
    "Agreed by Wojciech Kowalski",
]


@pytest.mark.parametrize("text", ROLES)
def test_a_role_is_no_name(text):
    assert name_for_role(text) is None
    assert personal_data(text) is None


@pytest.mark.parametrize("text", NAMES)
def test_a_name_is_seen_where_a_role_is_asked(text):
    assert name_for_role(text) == "person's name"


def test_a_quoted_text_is_masked_whole():
    assert masked("ask jane.smith@kent.gov.uk or Bob") == "[masked: e-mail address]"
    assert masked("Budget 2025") == "Budget 2025"


# ------------------------------------------------------------------------------------------ in a return

SECRETS = {
    ("Cover", "B14"): "Zuzanna Nowakowska",
    ("Cover", "B7"): "kent, ask zz.secret@kent.gov.uk",
    ("Cover", "D20"): "Queries: 07700 900461",
    ("Workforce", "B5"): "AB654321D",
    ("Workforce", "B6"): "one Zimbabwean colleague left after the grievance",
    ("Workforce", "H9"): "ZE1 0LL",
    ("Leavers", "A14"): "Mr Zedsecret",
    ("Good practice", "D5"): "Call 943 476 5919 for the story",
    ("Action plan", "F5"): "Zuzanna Nowakowska, Director",
    ("zz.tab@kent.gov.uk", "A1"): "a note",
}
PIECES = ["zuzanna", "nowakowska", "zz.", "900461", "654321", "zimbabwean", "ze1 0ll", "zedsecret", "476 5919"]


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    folder = tmp_path_factory.mktemp("personal")
    line = {"title": "A title", "theme": "culture", "indicators": "6", "what_was_done": "x", "what_changed": "y"}
    action = {"action_reference": "A1", "theme": "culture", "indicators": "6", "objective": "o", "lead_role": "r"}
    records = {"good_practice": [line], "action_plan": [action]}
    book = read_book(write_return(folder / "kent.xlsx", records=records))
    for (sheet, cell), text in SECRETS.items():
        put(book, sheet, cell, text)
    clean = write_return(folder / "clean.xlsx", organisation_code="E06000035")
    sent = read_cells(write_book(folder / "secret.xlsx", book), "secret") + read_cells(clean, "clean")
    return read_returns(sent)[0]


def test_each_cell_is_refused_and_says_what_was_seen(secret):
    found = secret.issues.query("rule_code == 'personal_data'")
    places = set(zip(found["sheet"], found["cell"], strict=True))
    assert places >= {place for place in SECRETS if "@" not in place[0]} | {("[masked: e-mail address]", "")}
    assert found["message"].str.contains("national insurance number").any()
    assert found["value_text"].str.startswith("[masked: ").all()


def test_no_piece_of_it_is_anywhere(secret):
    for frame in (secret.facts, secret.observations, secret.issues, secret.experiences):
        text = frame.astype(str).to_csv().casefold()
        assert [piece for piece in PIECES if piece in text] == []


def test_the_other_cells_and_returns_are_read(secret):
    counts = secret.observations.query("submission_id == 'secret' and measure == 'staff'")
    assert counts["value"].notna().sum() > 20
    held = dict(zip(secret.facts["submission_id"], secret.facts["has_personal_data"], strict=True))
    assert held == {"secret": True, "clean": False}
    masked_counts = secret.observations.query(
        "cell in ('B5', 'B6') and sheet == 'Workforce' and submission_id == 'secret'"
    )
    assert set(masked_counts["value_note"]) == {"invalid"}
    assert masked_counts["value"].isna().all()


def test_a_number_is_a_count_however_long(tmp_path):
    values = {("leavers", "all"): [12345678, 1234567890, 0, 1, 2, 3]}
    path = write_return(tmp_path / "kent.xlsx", values=values)
    reading, _ = read_returns(read_cells(path, "a"))
    assert len(reading.issues) == 0
    leavers = reading.observations.query("measure == 'leavers'").set_index("ethnic_value")["value"]
    assert list(leavers[list(group_rows(SCHEME))]) == [12345678, 1234567890, 0, 1, 2, 3]


IN_COUNTS = {
    "B5": 7700900123,
    "B6": 9434765919,
    "B7": date(1985, 3, 12),
    "B8": "12 March 1985",
    "B9": "12.3.85",
    "B10": "07700.900.123",
    "C5": "JaneSmith",
    "C6": "@janesmith",
    "C7": "12-Mar-1985",
    "C8": date(2024, 3, 1),
    "C9": "Smith",
    "C10": "jane",
}


def test_what_may_be_of_a_person_is_no_count(tmp_path):
    book = read_book(write_return(tmp_path / "kent.xlsx"))
    for cell, value in IN_COUNTS.items():
        put(book, "Recruitment", cell, value)
    reading, _ = read_returns(read_cells(write_book(tmp_path / "altered.xlsx", book), "a"))
    assert dict(zip(reading.issues["cell"], reading.issues["rule_code"], strict=True)) == dict.fromkeys(
        IN_COUNTS, "personal_data"
    )
    held = reading.observations.query("sheet == 'Recruitment' and cell in @IN_COUNTS")
    assert held["value"].isna().all()
    assert held["value_text"].str.startswith("[masked: ").all()
    text = reading.observations.to_csv() + reading.issues.to_csv()
    assert not any(piece in text.casefold() for piece in ("7700900123", "9434765919", "1985", "smith", "jane"))


@pytest.mark.parametrize("year", form_years())
def test_a_complete_return_holds_none(tmp_path: Path, year):
    cover = {"snapshot_date": date(year, 3, 31)}
    reading, _ = read_returns(read_cells(write_return(tmp_path / "kent.xlsx", year=year, cover=cover), "a"))
    assert not reading.facts["has_personal_data"].any()
