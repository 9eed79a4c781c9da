"""What an organisation gets back: the same findings in each file, links that lead to a cell, replies that are kept."""

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from receive_files import KENT, YEAR, read_book, stored, write_return
from sound_return import sound_values

from wres import pack as pack_module
from wres import pack_marked
from wres import receive as receive_module
from wres.cli import main
from wres.home import Home, WresError, open_home
from wres.models import Models
from wres.pack import current_returns, write_packs
from wres.pack_content import COLUMNS, MARKED, Finding, Pack
from wres.pack_files import write_files
from wres.pack_marked import place_of
from wres.receive import receive
from wres.safe_text import safe_text

WORKBOOK, PAGE, TABLE, DATA = "corrections.xlsx", "corrections.html", "corrections.csv", "corrections.json"
FINDING_SHEETS = ("Must be fixed", "Please check", "What we repaired")
WHITE, ASIAN, OTHER = 0, 2, 4
LEAVERS, SHORTLISTED, APPOINTED = ("leavers", "all"), ("shortlisted", "all"), ("appointed", "all")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("WRES_HOME", str(tmp_path / "home"))
    # Great Expectations takes seconds to start, and what it finds is not what these tests are about.
    monkeypatch.setattr(receive_module, "check_batch", lambda *_: ([], None))
    return open_home()


def changed(entries: Mapping[tuple[tuple[str, str], int], object]) -> dict[tuple[str, str], list]:
    """Return sound counts with other entries in some cells, named by column and ethnic group."""
    values = {column: list(counts) for column, counts in sound_values().items()}
    for (column, group), entry in entries.items():
        values[column][group] = entry
    return values


def received(home: Home, path: Path, entries: Mapping = {}, **options: object) -> str:
    """Receive a return with these entries, and return its submission."""
    before = {row["submission_id"] for row in stored(home, "submissions")}
    receive(home, [write_return(path, values=changed(entries), **options)])
    [new] = {row["submission_id"] for row in stored(home, "submissions")} - before
    return new


def pack_of(home: Home, submission_id: str) -> Path:
    [folder] = write_packs(home, [submission_id])
    return folder


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / TABLE).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def data(folder: Path) -> dict:
    return json.loads((folder / DATA).read_text(encoding="utf-8"))


def sheet_rows(page: Worksheet) -> list[dict[str, str]]:
    """Return the findings of one sheet, in the columns of the other files."""
    names = {heading: name for name, heading in COLUMNS.items()}
    rows = [[cell or "" for cell in row] for row in page.iter_rows(values_only=True)]
    heading = next((number for number, row in enumerate(rows) if "Reference" in row), None)
    if heading is None:
        return []
    columns = [names[title] for title in rows[heading]]
    return [dict(zip(columns, row, strict=True)) for row in rows[heading + 1 :]]


class Page(HTMLParser):
    """What a page holds, as far as the tests ask."""

    def __init__(self, text: str):
        super().__init__()
        self.headings: list[int] = []
        self.tags: list[tuple[str, dict]] = []
        self.rows: list[list[str]] = []
        self.parents: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append((tag, dict(attributes)))
        self.parents.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self.parents and self.parents.pop() != tag:
            pass

    def handle_data(self, text: str) -> None:
        if {"td", "th"} & set(self.parents) and self.rows and self.rows[-1]:
            self.rows[-1][-1] += text


def errors_and_queries() -> dict:
    return {
        (LEAVERS, ASIAN): "eight",
        (LEAVERS, OTHER): "nine",
        (APPOINTED, WHITE): 900,
        (SHORTLISTED, ASIAN): None,
    }


def references(rows: Iterable[Mapping[str, str]]) -> list[str]:
    return [row["reference"] for row in rows]


# ---------------------------------------------------------------------------------------------------- contents


def test_every_file_of_a_pack_has_the_same_rows(home, tmp_path):
    folder = pack_of(home, received(home, tmp_path / "kent.xlsx", errors_and_queries()))
    rows = data(folder)["findings"]
    assert {row["severity"] for row in rows} >= {"error", "query"}
    assert table(folder) == [{name: safe_text(text) for name, text in row.items()} for row in rows]
    book = load_workbook(folder / WORKBOOK)
    in_sheets = [row for name in FINDING_SHEETS for row in sheet_rows(book[name])]
    for row, expected in zip(in_sheets, rows, strict=True):
        shown = row | ({"cell": ""} if row["cell"] == "sheet" else {})
        assert shown == {name: expected[name] for name in row}
    page = Page((folder / PAGE).read_text(encoding="utf-8"))
    on_page = {row[0]: row for row in page.rows if row and row[0] in references(rows)}
    assert list(on_page) == references(rows)
    for row in rows:
        assert {row["message"], row["how_to_fix"], row["title"]} <= set(on_page[row["reference"]])


def test_a_pack_leads_with_the_status_and_the_next_step(home, tmp_path):
    folder = pack_of(home, received(home, tmp_path / "kent.xlsx", errors_and_queries()))
    said = data(folder)
    errors = sum(row["severity"] == "error" for row in table(folder))
    assert said["status"] == "partly accepted"
    assert said["next_to_act"] == "organisation"
    assert said["headline"] == f"Partly accepted: {errors} figures or answers must be fixed."
    summary = [row[0] for row in load_workbook(folder / WORKBOOK)["Summary"].iter_rows(values_only=True)]
    assert summary.index(said["headline"]) < summary.index("Status")
    text = (folder / PAGE).read_text(encoding="utf-8")
    assert text.index(said["headline"]) < text.index(said["next_step"]) < text.index("<table")


def test_several_cells_with_one_rule_are_one_line_of_the_summary(home, tmp_path):
    folder = pack_of(home, received(home, tmp_path / "kent.xlsx", errors_and_queries()))
    summary = load_workbook(folder / WORKBOOK)["Summary"].iter_rows(values_only=True)
    [line] = [row for row in summary if row[1] == "not_a_number"]
    assert line[:4] == ("Must be fixed", "not_a_number", "Leavers", 2)


def test_a_return_in_order_says_so_and_needs_no_copy(home, tmp_path):
    folder = pack_of(home, received(home, tmp_path / "kent.xlsx"))
    assert data(folder)["status"] == "accepted"
    assert data(folder)["next_to_act"] == "nobody"
    assert table(folder) == []
    assert not (folder / MARKED).exists()
    assert "Nothing must be fixed." in (folder / PAGE).read_text(encoding="utf-8")


def test_a_pack_stands_where_its_return_belongs(home, tmp_path):
    first = pack_of(home, received(home, tmp_path / "1.xlsx"))
    assert data(first)["status"] == "accepted"
    second = pack_of(home, received(home, tmp_path / "2.xlsx", {(LEAVERS, WHITE): 70}, version=2))
    place = home.reports / str(YEAR) / f"{KENT}-adults"
    assert (first, second) == (place / "v1", place / "v2")
    # The pack of the version before says so as soon as the next one has come.
    assert data(first)["status"] == "replaced"
    assert not (first / MARKED).exists()


def test_two_returns_with_one_version_number_have_a_pack_each(home, tmp_path):
    one = received(home, tmp_path / "1.xlsx")
    other = received(home, tmp_path / "2.xlsx", {(LEAVERS, WHITE): 70})
    folders = write_packs(home, [one, other])
    assert len(set(folders)) == 2
    for folder, submission_id in zip(folders, (one, other), strict=True):
        assert (folder / "submission").read_text().strip() == submission_id


def test_a_refused_return_is_told_why_and_where(home, tmp_path):
    submission_id = received(home, tmp_path / "kent.xlsx", cover={"organisation_code": "KENT"})
    folder = pack_of(home, submission_id)
    assert data(folder)["status"] == "rejected"
    [row] = table(folder)
    assert (row["sheet"], row["rule"]) == ("Cover", "return_not_placed")
    # It may hold anything, personal data too.
    assert not (folder / MARKED).exists()


def test_a_file_that_was_never_received_has_no_pack(home):
    assert write_packs(home, ["0" * 64]) == []


def test_what_changed_is_told_count_by_count(home, tmp_path):
    year_before = {
        "snapshot_date": date(2023, 3, 31),
        "window_start": date(2022, 4, 1),
        "signed_off_on": date(2023, 9, 9),
    }
    columns = {column: counts for column, counts in sound_values().items() if column[0] in ("leavers", "shortlisted")}
    receive(home, [write_return(tmp_path / "0.xlsx", year=2023, values=columns, cover=year_before)])
    received(home, tmp_path / "1.xlsx", {(LEAVERS, WHITE): 70, (LEAVERS, OTHER): "not collected"})
    folder = pack_of(home, received(home, tmp_path / "2.xlsx", {(LEAVERS, WHITE): 77}, version=2))
    by_version, by_year = data(folder)["changes"]
    assert by_version["since"] == "the version before"
    leavers = {change["group"]: change for change in by_version["changes"]}
    assert leavers["White"] == {
        "sheet": "Leavers",
        "group": "White",
        "column": leavers["White"]["column"],
        "value_before": 70,
        "value_now": 77,
        "difference": 7,
        "percent": 10.0,
    }
    other = leavers["Other ethnic group"]
    assert (other["value_before"], other["value_now"]) == ("not collected", sound_values()[LEAVERS][OTHER])
    assert (other["difference"], other["percent"]) == (None, None)
    assert len(by_version["changes"]) == 2
    assert by_year["since"] == "the return for 2023"
    changed_now = [change for change in by_year["changes"] if change["sheet"] in ("Leavers", "Recruitment")]
    shortlist = [change for change in changed_now if change["column"] == "Shortlisted"]
    assert shortlist == []  # the same in both years
    assert [change["value_now"] for change in changed_now if change["sheet"] == "Leavers"] == [77]


def test_returns_with_other_ethnic_groups_are_compared_in_sum(home, tmp_path):
    receive(home, [write_return(tmp_path / "1.xlsx", scheme="census_2021_19")])
    folder = pack_of(home, received(home, tmp_path / "2.xlsx", version=2))
    [comparison] = data(folder)["changes"]
    assert {change["group"] for change in comparison["changes"]} == {"All groups together"}
    total = sum(sound_values()[LEAVERS])
    assert [change["value_now"] for change in comparison["changes"] if change["sheet"] == "Leavers"] == [total]


# ------------------------------------------------------------------------------------------------- marked copy


def test_links_lead_to_the_cells_that_are_marked(home, tmp_path):
    folder = pack_of(home, received(home, tmp_path / "kent.xlsx", errors_and_queries()))
    copy = load_workbook(folder / MARKED)
    links = {}
    for name in FINDING_SHEETS[:2]:
        page = load_workbook(folder / WORKBOOK)[name]
        for row in page.iter_rows(min_row=4):
            link = next(cell.hyperlink for cell in row if cell.hyperlink)
            assert link.target == MARKED
            sheet, cell = re.fullmatch(r"'(.+)'!([A-Z]+\d+)", link.location).groups()
            links[row[0].value] = copy[sheet.replace("''", "'")][cell]
    rows = [row for row in table(folder) if row["severity"] in ("error", "query")]
    assert set(links) == set(references(rows))
    for row in rows:
        marked = links[row["reference"]]
        assert row["message"] in marked.comment.text
        assert row["reference"] in marked.comment.text
        assert marked.fill.fill_type == "solid"
        if row["cell"]:
            assert (marked.parent.title, marked.coordinate) == (row["sheet"], row["cell"])


def test_errors_and_queries_differ_by_more_than_colour(home, tmp_path):
    folder = pack_of(home, received(home, tmp_path / "kent.xlsx", errors_and_queries()))
    comments = [
        cell.comment.text for page in load_workbook(folder / MARKED) for row in page for cell in row if cell.comment
    ]
    assert any(text.startswith("Must be fixed (") for text in comments)
    assert any(text.startswith("Please check (") for text in comments)


def test_a_marked_copy_says_what_was_sent(home, tmp_path):
    """Every cell of the return is as it was; only the sheet of replies has something new."""
    path = tmp_path / "kent.xlsx"
    folder = pack_of(home, received(home, path, errors_and_queries()))

    def cells(book: Workbook) -> dict:
        pages = (page for page in book if page.title != "Replies")
        return {
            (page.title, cell.coordinate): "" if cell.value is None else cell.value
            for page in pages
            for row in page
            for cell in row
        }

    assert cells(load_workbook(folder / MARKED)) == cells(load_workbook(path))


def test_a_place_is_a_cell_of_the_workbook_whatever_was_found():
    sheets = ["Cover", "Staff  survey"]
    assert place_of("staff survey", "B7", sheets) == ("Staff  survey", "B7")
    assert place_of("Staff survey", "B7:B9", sheets) == ("Staff  survey", "B7")
    assert place_of("Staff survey", "", sheets) == ("Staff  survey", "A1")
    assert place_of("Leavers", "C3", sheets) == ("Cover", "A1")
    assert place_of("", "", sheets) == ("Cover", "A1")


def test_charts_of_a_copy_show_no_more_than_those_of_the_form(home, tmp_path):
    """What the library leaves out of a chart, spreadsheet programs take to be shown."""
    folder = pack_of(home, received(home, tmp_path / "kent.xlsx", errors_and_queries()))
    with zipfile.ZipFile(folder / MARKED) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
    assert charts
    for chart in charts:
        labels = re.findall(r"<dLbls>.*?</dLbls>", chart)
        assert labels
        assert all('<showSerName val="0"' in one and '<showCatName val="0"' in one for one in labels)
        assert chart.count('<delete val="0"') == 2


def test_a_workbook_that_cannot_be_copied_has_a_pack_all_the_same(home, tmp_path, monkeypatch):
    def refuse(path: Path) -> Workbook:
        raise KeyError("no such style")

    monkeypatch.setattr(pack_marked, "load_workbook", refuse)
    folder = pack_of(home, received(home, tmp_path / "kent.xlsx", errors_and_queries()))
    assert not (folder / MARKED).exists()
    assert len(table(folder)) >= len(errors_and_queries())
    assert MARKED not in (folder / PAGE).read_text(encoding="utf-8")
    assert MARKED not in str(read_book(folder / WORKBOOK))


# ----------------------------------------------------------------------------------------------------- replies


def queries(folder: Path) -> dict[str, str]:
    return {row["reference"]: row["answered"] for row in table(folder) if row["severity"] == "query"}


def reply_lines(book: Workbook) -> list[int]:
    page = book["Replies"]
    heading = next(row for row in range(1, 10) if page.cell(row, 1).value == "Reference")
    return [row for row in range(heading + 1, page.max_row + 1) if page.cell(row, 1).value]


def answer(
    marked: Path, out: Path, version: int, reply: str = "It is right.", entries: Mapping[str, object] = {}
) -> Path:
    """Fill the sheet of replies of a marked copy, as an officer would, and save it as the next version."""
    book = load_workbook(marked)
    for line in reply_lines(book):
        reference = book["Replies"].cell(line, 1)
        reference.value = f" {reference.value.lower()} "
        book["Replies"].cell(line, 2).value = reply
    cover = book["Cover"]
    row = next(row for row in range(1, 40) if cover.cell(row, 1).value == "Version of this return")
    cover.cell(row, 2).value = version
    for place, entry in entries.items():
        sheet, cell = place.split("!")
        book[sheet][cell].value = entry
    book.save(out)
    return out


def test_a_query_that_was_answered_stays_answered_while_the_figure_stays(home, tmp_path):
    first = pack_of(home, received(home, tmp_path / "1.xlsx", {(SHORTLISTED, ASIAN): None}))
    assert data(first)["status"] == "accepted with queries"
    asked = queries(first)
    assert set(asked.values()) == {"no"}
    written = load_workbook(first / MARKED)
    assert {written["Replies"].cell(line, 1).value for line in reply_lines(written)} == set(asked)

    receive(home, [answer(first / MARKED, tmp_path / "2.xlsx", 2)])
    second = pack_of(home, current_returns(home)[0])
    assert second.name == "v2"
    assert queries(second) == dict.fromkeys(asked, "yes")
    assert data(second)["status"] == "accepted"
    assert not (second / MARKED).exists()

    # A later version says nothing of it, and the figure is the same: still answered.
    third = pack_of(
        home, received(home, tmp_path / "3.xlsx", {(SHORTLISTED, ASIAN): None, (LEAVERS, WHITE): 79}, version=3)
    )
    assert set(queries(third).items()) >= set(dict.fromkeys(asked, "yes").items())

    # Another cell is blank as well: what is asked is something else, and open.
    fourth_entries = {(SHORTLISTED, ASIAN): None, (SHORTLISTED, OTHER): None}
    fourth = pack_of(home, received(home, tmp_path / "4.xlsx", fourth_entries, version=4))
    assert data(fourth)["status"] == "accepted with queries"
    assert not set(references(row for row in table(fourth) if row["answered"] == "no")) & set(asked)


def test_what_an_earlier_check_marked_is_gone_from_the_next_copy(home, tmp_path):
    """An officer may well correct the marked copy itself and send that."""
    first = pack_of(home, received(home, tmp_path / "1.xlsx", {(LEAVERS, WHITE): "eight", (LEAVERS, OTHER): "nine"}))
    [wrong, other] = [row["cell"] for row in table(first) if row["severity"] == "error"]
    receive(home, [answer(first / MARKED, tmp_path / "2.xlsx", 2, entries={f"Leavers!{wrong}": 78})])
    second = pack_of(home, current_returns(home)[0])
    page = load_workbook(second / MARKED)["Leavers"]
    assert page[wrong].comment is None
    assert page[wrong].fill.start_color.rgb != page[other].fill.start_color.rgb
    assert "'nine'" in page[other].comment.text


def test_a_marked_copy_reminds_of_the_version(home, tmp_path):
    folder = pack_of(home, received(home, tmp_path / "kent.xlsx", errors_and_queries()))
    cover = load_workbook(folder / MARKED)["Cover"]
    [version] = [row[1] for row in cover.iter_rows(max_col=2) if row[0].value == "Version of this return"]
    assert "add 1" in version.comment.text
    assert version.value == 1


def test_a_reply_stands_in_no_file_of_a_pack(home, tmp_path):
    """Replies are the organisation's own words, and may name somebody."""
    first = pack_of(home, received(home, tmp_path / "1.xlsx", {(SHORTLISTED, ASIAN): None}))
    receive(home, [answer(first / MARKED, tmp_path / "2.xlsx", 2, reply="Ask Jane Example on 01234 567890.")])
    second = pack_of(home, current_returns(home)[0])
    texts = [(second / name).read_text(encoding="utf-8") for name in (PAGE, TABLE, DATA)]
    texts.append(str(read_book(second / WORKBOOK)))
    for text in texts:
        assert "Jane" not in text
        assert "Director" not in text


# ------------------------------------------------------------------------------------------------------ safety


def pack_that_says(folder: Path, entry: str) -> Pack:
    """Return a pack with one finding, whose texts are all the same."""
    facts = {
        "submission_id": "x",
        "folder": folder / "pack",
        "title": entry,
        "subtitle": "",
        "status": "partly accepted",
        "headline": entry,
        "next_step": "",
        "meaning": "",
        "who_acts": "organisation",
        "facts": (("Organisation", entry),),
        "made_on": date(2024, 9, 1),
        "is_synthetic": True,
    }
    finding = Finding("R-1", "rule", "error", entry, "Cover", "B6", entry, entry, entry, "organisation", "")
    numbers = dict.fromkeys(("errors", "open_queries", "answered_queries", "notes", "passed", "not_run"), 0)
    return Pack(**facts, findings=(finding,), numbers=numbers)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_becomes_a_formula(tmp_path, start):
    folder = write_files(pack_that_says(tmp_path, f"{start}HYPERLINK(1)"))
    for page in load_workbook(folder / WORKBOOK):
        assert not [cell.coordinate for row in page for cell in row if cell.data_type == "f"]
    with (folder / TABLE).open(encoding="utf-8-sig", newline="") as file:
        _, row = csv.reader(file)
    assert f"'{start}HYPERLINK(1)" in row
    assert not [value for value in row if value.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_markup_in_a_value_is_shown_and_not_run(tmp_path):
    text = (write_files(pack_that_says(tmp_path, "<script>alert(1)</script>")) / PAGE).read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_a_page_needs_nothing_beside_it_and_can_be_read_aloud(home, tmp_path):
    folder = pack_of(home, received(home, tmp_path / "kent.xlsx", errors_and_queries()))
    page = Page((folder / PAGE).read_text(encoding="utf-8"))
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    tags = [tag for tag, _ in page.tags]
    assert {"header", "main", "footer"} <= set(tags)
    assert not {"script", "link", "img", "iframe"} & set(tags)
    assert tags.count("caption") == tags.count("table")
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    assert all(attributes.get("aria-label") for tag, attributes in page.tags if tag == "svg")
    assert dict(page.tags)["html"] == {"lang": "en-GB"}
    for _, attributes in page.tags:
        for name in ("src", "href"):
            assert attributes.get(name, "#").startswith("#") or (folder / attributes[name]).exists()
    assert "http" not in (folder / PAGE).read_text(encoding="utf-8")


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("#16262a", "#ffffff"),
        ("#1f5a66", "#ffffff"),
        ("#4a5a5e", "#ffffff"),
        ("#0b5cad", "#ffffff"),
        ("#3c4b4f", "#fbe4e4"),
        ("#3c4b4f", "#fff4d6"),
        ("#ffffff", "#1f5a66"),
    ],
)
def test_the_page_has_contrast_enough(text, ground):
    style = (Path(pack_module.__file__).with_name("pack_page.html")).read_text(encoding="utf-8")
    assert text.replace("#ffffff", "#fff") in style
    lighter, darker = sorted((luminance(text), luminance(ground)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_the_same_return_gives_the_same_bytes(home, tmp_path):
    submission_id = received(home, tmp_path / "kent.xlsx", errors_and_queries())
    folder = pack_of(home, submission_id)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    pack_of(home, submission_id)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_many_packs_written_at_once_are_those_written_one_by_one(home, tmp_path, monkeypatch):
    codes = [KENT, "E10000030", "E09000002"]
    paths = [
        write_return(tmp_path / f"{code}.xlsx", organisation_code=code, values=changed(errors_and_queries()))
        for code in codes
    ]
    receive(home, paths)
    wanted = current_returns(home)
    alone = {path: path.read_bytes() for folder in write_packs(home, wanted) for path in folder.iterdir()}
    monkeypatch.setattr(pack_module, "LEAST_FOR_POOL", 2)
    told: list[Path] = []
    folders = write_packs(home, wanted, told.append)
    assert told == folders
    assert {path: path.read_bytes() for folder in folders for path in folder.iterdir()} == alone


# ----------------------------------------------------------------------------------------------------- command


def test_packs_of_current_returns_are_written_on_demand(home, tmp_path):
    received(home, tmp_path / "1.xlsx")
    received(home, tmp_path / "2.xlsx", {(LEAVERS, WHITE): 70}, version=2)
    received(home, tmp_path / "3.xlsx", organisation_code="E10000030")
    shutil.rmtree(home.reports, ignore_errors=True)  # what the receipts have written
    result = CliRunner().invoke(main, ["pack", "--year", str(YEAR), "--organisation", KENT])
    assert result.exit_code == 0
    assert "1 correction pack written" in result.output
    assert [folder.name for folder in home.reports.glob("*/*/*")] == ["v2"]
    result = CliRunner().invoke(main, ["pack"])
    assert "2 correction packs written" in result.output


def test_packs_of_nothing_say_what_to_do(home):
    result = CliRunner().invoke(main, ["pack", "--year", "2024"])
    assert result.exit_code == 1
    assert "No return for 2024 has been received." in result.output
    with pytest.raises(WresError):
        current_returns(home)


def test_packs_are_for_the_owner_alone(home, tmp_path):
    pack_of(home, received(home, tmp_path / "kent.xlsx"))
    assert home.reports.stat().st_mode & 0o077 == 0


def test_packs_need_no_indicator(home, tmp_path):
    """A receipt answers at once: what its packs read must not wait for intervals and tests of figures."""
    received(home, tmp_path / "kent.xlsx")
    with Models(home.batches) as models:
        for name in ("fct_submission", "fct_data_issue", "int_return_change", "int_return_rate"):
            models.table(name)
        made = {row[0] for row in models.connection.execute("select table_name from duckdb_tables()").fetchall()}
    assert "fct_submission" in made
    assert not {"fct_indicator", "fct_participation", "int_relative_likelihood"} & made
