"""Plans, practice and experience in the national report, its PDF, and every page of it in a browser.

Everything here is synthetic.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import made_open_release as made
import pandas as pd
import pytest
from report_reader import Page

from wres.report import make_report
from wres.report_charts import NOT_ENOUGH

MOST_BYTES = 300_000
NARROW = 320  # of a phone, in dots
BARE = {"time_identifier": "Reporting year", "country_code": "E92000001", "country_name": "England"}
PLACE = {"time_period": made.YEAR, "geographic_level": "Local authority", "region_code": "E12000007"} | BARE
LONDON = PLACE | {"region_name": "London", "new_la_code": "E09000002", "la_name": "Made-up borough"}
ACTION = LONDON | {"service": "adults", "line": 5, "theme": "culture", "theme_name": "Culture", "indicators": "6; 7a"}
ACTION |= {"objective": "Synthetic objective", "action": "Synthetic action", "success_measure": None}
ACTION |= {"words_symbol": None, "time_scale": "short", "due_on": None, "progress": "under way"}
CHANGE = {"previous_relative_likelihood": 1.5, "relative_likelihood": 1.25, "ratio_of_ratios": 0.8333, "lower_95": 0.6}
CHANGE |= {"upper_95": 1.16, "change": "no clear change", "likelihood_symbol": None, "change_symbol": None}
HIDDEN = dict.fromkeys(CHANGE) | {"likelihood_symbol": "c", "change_symbol": "c"}
OUTCOME = LONDON | {"service": "adults", "plan_time_period": made.BEFORE, "line": 5, "theme": "culture"}
OUTCOME |= {"progress": "under way", "previous_time_period": made.BEFORE, "previous_likelihood_symbol": None}
PRACTICE = LONDON | {
    "organisation_kind": "London borough",
    "service": "adults",
    "practice_id": "a",
    "title": "Mixed panels",
}
PRACTICE |= {"theme": "recruitment", "theme_name": "Recruitment and retention", "indicators": "2"}
PRACTICE |= {"what_was_done": "Synthetic deed", "what_changed": "Synthetic change", "decided_on": None}


def community() -> dict[str, pd.DataFrame]:
    """Return the tables on plans, practice and experience."""
    earlier = ACTION | {"time_period": made.BEFORE}
    unapproved = {"objective": None, "action": None, "words_symbol": "x", "line": 6, "service": "children"}
    counts = [
        LONDON | {"geographic_level": level, "service": "all", "part": part, "part_value": value, "actions": 2}
        | {"organisations": 1, "region_code": code, "region_name": name}
        for level, code, name in (("National", None, None), ("Regional", "E12000007", "London"))
        for part, value in (
            ("all", "all"), ("indicator", "6"), ("indicator", "7a"), ("theme", "culture"), ("time_scale", "short"),
            ("progress", "under way"),
        )
    ]  # fmt: skip
    themes = [("culture", "Culture", 12, None), ("performance", "Performance and fairness", None, "c")]
    names = ["theme", "theme_name", "accounts_told", "accounts_told_symbol"]
    quotation = {"theme": "culture", "theme_name": "Culture", "quotation_id": "q", "quotation": "Synthetic: … quiet."}
    return {
        "action": pd.DataFrame([ACTION, ACTION | unapproved, earlier]),
        "action_outcome": pd.DataFrame(
            [
                OUTCOME | CHANGE | {"indicator_code": "6", "indicator_name": "Harassment from the public"},
                OUTCOME | HIDDEN | {"indicator_code": "7a", "indicator_name": "Harassment from colleagues"},
            ]
        ),
        "action_count": pd.DataFrame(counts).drop(columns=["new_la_code", "la_name"]),
        "good_practice": pd.DataFrame(
            [
                PRACTICE,
                PRACTICE
                | {"practice_id": "b", "title": "A way up", "theme": "progression", "indicators": "1; 9"}
                | {"theme_name": "Progression and development", "organisation_kind": "joint", "service": "children"},
            ]
        ),
        "experience": pd.DataFrame(themes, columns=names).assign(time_period=made.YEAR),
        "quotation": pd.DataFrame([quotation | {"time_period": made.YEAR}]),
    }


def few() -> dict[str, pd.DataFrame]:
    """Return the tables of a release of two indicators."""
    return {
        name: frame[frame["indicator_code"].isin(["3", "9"])].reset_index(drop=True)
        if "indicator_code" in frame and name != "indicator_definition"
        else frame
        for name, frame in made.tables().items()
    }


def make(folder: Path, tables: dict[str, pd.DataFrame]) -> Path:
    make_report(made.write_release(folder / "2026-03-31-1", tables), folder / "report")
    return folder / "report"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("community"), few() | community())


def words_of(report: Path, page: str) -> str:
    return " ".join(" ".join(Page(report / page).texts).split())


def test_what_followed_stands_beside_its_action_with_a_warning(report: Path):
    text = words_of(report, "action-plans.html")
    assert "need not have come from it" in text
    assert "Synthetic action (plan of 2024)" in text
    assert "1.50 (2024)" in text and "1.25 (2025)" in text and "0.60 to 1.16" in text
    assert f"for 1 there are {NOT_ENOUGH}" in text
    assert "7a Harassment from colleagues" not in text.partition("What followed")[2].partition("The actions of")[0]


def test_words_that_no_moderator_approved_are_not_there(report: Path):
    text = words_of(report, "action-plans.html")
    assert "not approved yet" in text
    assert "2 actions" in text


def test_the_library_is_a_plain_list_without_a_script(report: Path):
    page = Page(report / "good-practice.html")
    assert 'id="library-search" role="search" aria-label="Search good practice" hidden' in page.html
    assert page.html.count("<li data-indicator=") == 2
    assert "There are 2 practices to read." in words_of(report, "good-practice.html")
    assert {path.name for path in report.glob("*.js")} == {"report_library.js"}


def test_themes_are_counted_and_few_accounts_are_not(report: Path):
    text = words_of(report, "experience.html")
    assert "Culture has the most accounts of 2 themes: 12; for 1 there are not enough to say (2025)" in text
    assert NOT_ENOUGH in text
    assert "Synthetic: … quiet." in text


def test_a_release_without_them_says_so(tmp_path: Path):
    nothing = {name: frame.head(0) for name, frame in community().items()}
    for case, tables, words in (
        ("empty", nothing, ("has sent an action plan", "shared and approved yet", "shared and approved yet")),
        ("older", {}, ("made before there was a table of this",) * 3),
    ):
        report = make(tmp_path / case, few() | tables)
        for page, said in zip(("action-plans.html", "good-practice.html", "experience.html"), words, strict=True):
            assert said in words_of(report, page)


# ------------------------------------------------------------------------------------------------------- PDF


def test_the_pdf_has_the_pages_their_words_contents_bookmarks_and_tags(report: Path):
    from pypdf import PdfReader

    pdf = PdfReader(report / "report.pdf")
    headings = [
        re.search(r"<h1>(?:<span.*?</span> )?(.*?)</h1>", path.read_text("utf-8"))[1] for path in report.glob("*.html")
    ]
    bookmarks = [entry.title for entry in pdf.outline if not isinstance(entry, list)]
    assert {heading.rpartition(": ")[2] for heading in bookmarks} == set(headings)
    assert "Contents" in pdf.pages[1].extract_text()
    last = pdf.pages[-1].extract_text()
    assert f"{len(pdf.pages)} of {len(pdf.pages)}" in last
    assert "national report" in last and "Contains synthetic figures" in last
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert pdf.trailer["/Root"]["/Lang"] == "en-GB"
    whole = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    for words in ("1.50 (2024)", "Mixed panels", "Synthetic: … quiet.", "need not have come from it"):
        assert words in whole


def test_the_pdf_says_what_the_pages_say(report: Path):
    """Every row of every table of the pages is printed, and nothing in the PDF is a figure that they do not have."""
    from pypdf import PdfReader
    from report_reader import figures

    printed = " ".join(page.extract_text() for page in PdfReader(report / "report.pdf").pages)
    there = {number for path in report.glob("*.html") for number in figures(Page(path).html)}
    pages = {str(number) for number in range(len(PdfReader(report / "report.pdf").pages) + 1)}
    assert set(figures(printed)) <= there | pages


# -------------------------------------------------------------------------------------------------- a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    if os.environ.get("WRES_TEST_FULL") != "1":
        pytest.skip("draws every page in Chromium: only where WRES_TEST_FULL is 1")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium, in which pages are checked, is not on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tools:
        opened = tools.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_and_nothing_scrolls_sideways_on_a_phone(browser, report: Path, scheme: str):
    from axe_playwright_python.sync_playwright import Axe

    for path in sorted(report.glob("*.html")):
        shown = browser.new_page(viewport={"width": NARROW, "height": 640}, color_scheme=scheme)
        asked: list[str] = []
        shown.on("request", lambda request, asked=asked: asked.append(request.url))
        shown.goto(path.as_uri())
        assert shown.evaluate("document.documentElement.scrollWidth") <= NARROW, path.name
        found = Axe().run(shown).response["violations"]
        assert not found, (path.name, [(fault["id"], fault["nodes"][0]["html"]) for fault in found])
        assert all(url.startswith("file:") for url in asked)
        assert path.stat().st_size < MOST_BYTES
        shown.close()


def test_the_library_searches_by_keyboard(browser, report: Path):
    shown = browser.new_page()
    shown.goto((report / "good-practice.html").as_uri())
    visible = shown.locator("#library-list > li:visible")
    assert visible.count() == 2
    shown.locator("#library-words").focus()
    shown.keyboard.type("PANELS")
    assert visible.all_inner_texts()[0].startswith("Mixed panels")
    assert visible.count() == 1
    assert shown.locator("#library-count").inner_text() == "1 of 2 shown."
    shown.keyboard.press("Tab")
    shown.keyboard.type("9")
    assert visible.count() == 0
    assert "No practice fits" in shown.locator("#library-count").inner_text()
    shown.locator("button[type=reset]").press("Enter")
    shown.wait_for_function("document.querySelectorAll('#library-list > li:not([hidden])').length === 2")
    shown.close()
