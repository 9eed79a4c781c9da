"""The national report: every sentence and figure is looked up in the release, and releases with little in them."""

import re
from pathlib import Path

import made_open_release as made
import pandas as pd
import pytest
from report_reader import Page, Said, figures, rows_of, ways_to_write

from wres.home import WresError
from wres.reference import read_seed, setting
from wres.report import make_report
from wres.report_national import National
from wres.report_pages import write_report
from wres.report_release import Release

MOST_BYTES = 300_000
NOT_ENOUGH = "not enough numbers to say"
# What a sentence may say besides its row's own figures: the interval's name, and the range of 'within'.
ALWAYS = {"95", "95%", "0.80", "1.25", "0.8"}
CAUSAL = ("caused", "led to", "due to", "thanks to", "as a result", "improved", "worsened", "better", "success")
MADE_BEFORE = "made before there was a table of this"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.write_release(tmp_path_factory.mktemp("open") / "2026-03-31-1", made.tables())


@pytest.fixture(scope="module")
def tables(release: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in (release / "parquet").glob("*.parquet")}


@pytest.fixture(scope="module")
def report(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "national"
    make_report(release, folder)
    return folder


@pytest.fixture(scope="module")
def pages(report: Path) -> dict[str, Page]:
    return {path.name: Page(path) for path in report.glob("*.html")}


def sentences(pages: dict[str, Page], topic: str = "") -> list[Said]:
    """Return the sentences that name a row, of one topic where it is given."""
    every = [one for page in pages.values() for one in page.said if one.tag == "span"]
    return [one for one in every if not topic or one.rule.split()[0] == topic]


def is_clear(row: pd.Series) -> bool:
    """Tell whether a difference is clear, from the figures of the release alone."""
    return row["evidence"] == "clear" and (row["lower_95"] > 1 or row["upper_95"] < 1)


def test_there_is_a_page_for_every_indicator_and_subject(pages: dict[str, Page], tables: dict[str, pd.DataFrame]):
    codes = set(tables["indicator"]["indicator_code"])
    wanted = {f"indicator-{code}.html" for code in codes} | {
        "index.html",
        "taking-part.html",
        "pay.html",
        "methods.html",
    }
    assert wanted <= set(pages)


def test_every_sentence_and_row_names_rows_of_the_release(pages: dict[str, Page], tables: dict[str, pd.DataFrame]):
    said = [one for page in pages.values() for one in page.said]
    assert len(said) > 500
    for one in said:
        assert len(rows_of(one.source, tables)), one.source


def test_every_figure_of_a_sentence_on_one_row_is_that_rows(pages: dict[str, Page], tables: dict[str, pd.DataFrame]):
    checked = 0
    for one in sentences(pages):
        rows = rows_of(one.source, tables)
        if len(rows) != 1 or one.rule.split()[0] in (
            "regions_title",
            "overview_title",
            "changes_title",
            "groups_title",
        ):
            continue
        [row] = [row for _, row in rows.iterrows()]
        worded = " ".join(definition_words(row, tables))
        left = set(figures(one.text)) - ways_to_write(row) - ALWAYS - set(figures(worded))
        assert not left, (one.text, one.source)
        checked += 1
    assert checked > 200


def definition_words(row: pd.Series, tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return the words of an indicator's definitions, which speak of years and bands."""
    if "indicator_code" not in row:
        return []
    known = tables["indicator_definition"]
    return list(known.loc[known["indicator_code"] == row["indicator_code"], "break_note"].dropna())


def test_a_difference_is_called_what_its_row_says(pages: dict[str, Page], tables: dict[str, pd.DataFrame]):
    seen = set()
    for one in [*sentences(pages, "likelihood"), *sentences(pages, "likelihood_title")]:
        [row] = [row for _, row in rows_of(one.source, tables).iterrows()]
        text = one.text
        if pd.isna(row["relative_likelihood"]):
            assert NOT_ENOUGH in text
            assert ("hidden to protect people" in text) == (
                row["likelihood_symbol"] == "c" and ":" in text and "are not" in text
            )
            seen.add("none")
            continue
        assert NOT_ENOUGH not in text
        assert ("no clear difference" in text) == (not is_clear(row)), text
        assert ("difference is clear" in text or "more likely" in text or "less likely" in text) == is_clear(row), text
        assert "more likely" not in text or row["lower_95"] > 1
        assert "less likely" not in text or row["upper_95"] < 1
        assert "outside the range" not in text or row["size"] != "within"
        assert "but within the range" not in text or row["size"] == "within"
        seen.add(("clear" if is_clear(row) else "not clear", row["size"]))
    assert {"none", ("clear", "above"), ("clear", "below"), ("not clear", "within")} <= seen


def test_a_change_is_called_what_its_row_says(pages: dict[str, Page], tables: dict[str, pd.DataFrame]):
    words = {"gap narrowed": "narrowed", "gap widened": "widened", "gap turned round": "crossed parity"}
    words |= {"no clear change": "no clear change"}
    seen = set()
    for one in [*sentences(pages, "change"), *sentences(pages, "change_title")]:
        [row] = [row for _, row in rows_of(one.source, tables).iterrows()]
        for said, kind in words.items():
            assert (said in one.text.lower()) == (row["change"] == kind), (one.text, row["change"])
        if row["change"] in ("narrowed", "widened"):
            assert row["lower_95"] > 1 or row["upper_95"] < 1
        seen.add("none" if pd.isna(row["change"]) else row["change"])
    assert {"narrowed", "widened", "no clear change", "none"} <= seen


def test_a_group_is_named_as_it_was_in_the_year(pages: dict[str, Page]):
    rounds = read_seed("collection_round").query("collection == 'sc-wres'")
    labels = dict(zip(rounds["collection_year"], rounds["group_label"], strict=True))
    assert labels[str(made.YEAR)] != labels[str(made.BEFORE)]
    whole = [
        one.text
        for one in sentences(pages, "change")
        if "indicator_code" in one.source and "year_on_year?" in one.source
    ]
    told = [text for text in whole if f"in {made.YEAR} " in text]
    assert told
    for text in told:
        assert f"in {made.BEFORE} {labels[str(made.BEFORE)]} " in text or "census" in text or "Minority ethnic" in text
        assert f"in {made.YEAR} {labels[str(made.YEAR)]} " in text


def test_no_sentence_says_what_brought_anything_about(pages: dict[str, Page]):
    for page in pages.values():
        text = " ".join(page.texts).lower()
        for word in CAUSAL:
            assert not re.search(rf"\b{word}\b", text), word
    for sentence in read_seed("report_sentence")["sentence"]:
        assert "because" not in sentence.replace("because what is counted changed", "")


def test_what_is_counted_over_rows_is_counted_right(pages: dict[str, Page], tables: dict[str, pd.DataFrame]):
    checked = set()
    for one in sentences(pages):
        topic = one.rule.split()[0]
        rows = rows_of(one.source, tables)
        if topic in ("overview_title", "regions_title", "groups_title"):
            clear = int(rows.apply(is_clear, axis=1).sum())
            none = int(rows["relative_likelihood"].isna().sum())
            counts = {str(clear), str(none), str(len(rows))}
            assert set(figures(one.text)) <= counts, one.text
            if found := re.search(r"clear for (\d+) of (\d+)|clear difference in (\d+) of (\d+)", one.text):
                assert [int(n) for n in found.groups() if n] == [clear, len(rows)], one.text
            if found := re.search(r"clear difference for (\d+) of the (\d+)", one.text):
                assert [int(n) for n in found.groups()] == [clear, len(rows)], one.text
            if found := re.search(r"(?:in|for) (\d+) there are not enough", one.text):
                assert int(found[1]) == none
            checked.add(topic)
        if topic == "changes_title":
            kinds = rows["change"].value_counts()
            for word, kind in (("narrowed", "narrowed"), ("widened", "widened"), ("turned round", "crossed parity")):
                if found := re.search(rf"{word} for (\d+)", one.text):
                    assert int(found[1]) == kinds.get(kind, 0)
            checked.add(topic)
    assert checked == {"overview_title", "regions_title", "groups_title", "changes_title"}


def test_the_ends_of_the_pay_ladder_are_bands_of_pay(pages: dict[str, Page], tables: dict[str, pd.DataFrame]):
    told = [one for one in sentences(pages, "band_title") if " of the highest" in one.text]
    assert told
    for one in told:
        share = rows_of(one.source, tables).set_index("pay_band")["share_of_band"]
        lowest, highest = (f"{100 * share[band]:.1f}%" for band in ("Under £30,000", "£70,000 and over"))
        assert f"are {lowest} of the lowest pay band and {highest} of the highest" in one.text


def test_every_figure_of_a_table_is_its_rows(pages: dict[str, Page], tables: dict[str, pd.DataFrame]):
    checked = 0
    for page in pages.values():
        for one in page.said:
            if one.tag != "tr" or len(rows_of(one.source, tables)) != 1:
                continue
            [row] = [row for _, row in rows_of(one.source, tables).iterrows()]
            for cell in one.cells[1:]:
                left = set(figures(cell)) - ways_to_write(row)
                assert not left, (cell, one.source)
                checked += len(figures(cell))
    assert checked > 1000


def test_every_figure_of_a_drawing_is_in_its_table(pages: dict[str, Page], tables: dict[str, pd.DataFrame]):
    drawings = [figure for page in pages.values() for figure in page.figures]
    assert len(drawings) > 50
    for figure in drawings:
        there = set().union(
            *(ways_to_write(row) for one in figure.rows for _, row in rows_of(one.source, tables).iterrows())
        )
        there |= set(figures(figure.title.text)) | ALWAYS | {part for one in figure.rows for part in figures(one.text)}
        left = set(figures(" ".join(figure.drawn + figure.told))) - there
        assert not left, (figure.name, left)
        assert figure.told[0] == figure.title.text
        assert len(figure.told) > 1 and figure.rows


def test_what_is_hidden_is_nowhere(pages: dict[str, Page], report: Path, tables: dict[str, pd.DataFrame]):
    seen = 0
    for page in pages.values():
        for one in page.said:
            rows = rows_of(one.source, tables)
            symbols = [name for name in rows if name.endswith("_symbol")]
            shown_figures = rows.select_dtypes("float").notna().any(axis=None)
            if len(rows) != 1 or not (rows[symbols] == "c").any(axis=None) or shown_figures:
                continue
            shown = one.cells[1:] if one.tag == "tr" else [one.text]
            named = {value for value in rows.iloc[0] if isinstance(value, str) and len(value) > 3 and figures(value)}
            years = set(rows[[name for name in rows if name.endswith("time_period")]].astype(str).iloc[0])
            for cell in shown:
                text = re.sub("|".join(map(re.escape, named)) or "$^", "", cell)
                assert (
                    not set(figures(text)) - years - set(figures(" ".join(definition_words(rows.iloc[0], tables))))
                ), text
            seen += 1
    assert seen > 50
    for path in (report / "data").glob("*.csv"):
        cells = pd.read_csv(path, dtype=str, keep_default_na=False)
        if "likelihood_symbol" in cells:
            pytest.fail("symbols stand in the cells")
        if {"relative_likelihood", "numerator"} <= set(cells):
            hidden = cells[cells["relative_likelihood"] == "c"]
            assert (hidden[hidden.columns.intersection(["numerator", "rate", "size"])] == "c").all(axis=None)


def test_a_download_holds_rows_of_the_release_as_they_are(report: Path, release: Path):
    files = sorted((report / "data").glob("*.csv"))
    assert files
    every = {path.stem: set(path.read_text(encoding="utf-8").splitlines()) for path in (release / "data").glob("*.csv")}
    for path in files:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) > 1, path.name
        assert any(set(lines) <= known for known in every.values()), path.name


def test_a_report_needs_nothing_but_itself(pages: dict[str, Page], report: Path):
    for name, page in pages.items():
        assert (report / name).stat().st_size < MOST_BYTES
        assert "script" not in page.tags or name == "good-practice.html"
        assert len(page.identifiers) == len(set(page.identifiers)), name
        for link in page.links:
            if link.startswith("#"):
                assert link[1:] in page.identifiers
            elif not link.startswith("https://www.nationalarchives.gov.uk/"):
                assert (report / link).is_file(), link
    assert "http" not in (report / "report.css").read_text(encoding="utf-8")


def test_every_page_says_that_figures_are_synthetic(pages: dict[str, Page]):
    for page in pages.values():
        assert "Synthetic figures" in page.html
        assert "<title>Synthetic: " in page.html


def test_the_band_and_the_missing_are_drawn(pages: dict[str, Page]):
    figure = re.search(r'<figure id="headlines">.*?</svg>', pages["index.html"].html, re.DOTALL).group()
    assert 'fill="var(--band)"' in figure
    assert figure.count('stroke-dasharray="5,5"') == figure.count(f">{NOT_ENOUGH}<")


def few(*codes: str) -> dict[str, pd.DataFrame]:
    """Return the tables of a release with some indicators alone."""
    return {
        name: frame[frame["indicator_code"].isin(codes)].reset_index(drop=True)
        if "indicator_code" in frame and name != "indicator_definition"
        else frame
        for name, frame in made.tables().items()
    }


def one_organisation() -> dict[str, pd.DataFrame]:
    """Return a release in which one organisation took part, so that all its figures are hidden and none compares."""
    tables = few("3")
    for name in ("indicator", "year_on_year"):
        frame = tables[name][tables[name]["geographic_level"] != "Local authority"]
        tables[name] = made.hide(frame.assign(organisations=1), pd.Series(True, index=frame.index))
    tables["participation"] = tables["participation"].head(1).assign(organisations=1)
    for name in ("between_organisations", "decomposition", "unknown_ethnicity"):
        tables[name] = tables[name].head(0)
    return tables


def no_survey() -> dict[str, pd.DataFrame]:
    """Return a release in which nobody gave counts of a survey."""
    tables = few("3", "6")
    for name in ("indicator", "year_on_year"):
        tables[name] = made.hide(tables[name], tables[name]["indicator_code"].isin(["6"]), "x")
    return tables


def one_year() -> dict[str, pd.DataFrame]:
    tables = few("3")
    return tables | {name: tables[name].head(0) for name in ("year_on_year", "census_year_on_year", "decomposition")}


def everything_hidden() -> dict[str, pd.DataFrame]:
    tables = few("3")
    kept = {"indicator_definition", "symbol", "participation", "census_indicator", "census_year_on_year"}
    return {
        name: frame if name in kept else made.hide(frame, pd.Series(True, index=frame.index))
        for name, frame in tables.items()
    }


def without_new_tables() -> dict[str, pd.DataFrame]:
    first = ("indicator", "year_on_year", "census_indicator", "census_year_on_year", "indicator_definition", "symbol")
    return {name: frame for name, frame in few("3").items() if name in first}


EDGES = {
    one_organisation: [("index.html", "for none of 1 indicators are there enough numbers")],
    no_survey: [
        ("indicator-6.html", "not collected, not given"),
        ("index.html", "there are not enough numbers to say"),
    ],
    one_year: [("indicator-3.html", "one year only"), ("index.html", "one year only")],
    everything_hidden: [
        ("indicator-3.html", "hidden to protect people"),
        ("index.html", "for none of 1 indicators"),
        ("indicator-3.html", "in none of 3 regions are there enough numbers"),
    ],
    without_new_tables: [
        ("indicator-3.html", MADE_BEFORE),
        ("taking-part.html", MADE_BEFORE),
        ("pay.html", MADE_BEFORE),
    ],
}


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.__name__)
def test_a_release_with_little_in_it_says_so(edge, tmp_path: Path):
    release = made.write_release(tmp_path / "2026-03-31-1", edge())
    made_pages = write_report(tmp_path / "report", National(Release(release)).report())
    tables = {path.stem: pd.read_parquet(path) for path in (release / "parquet").glob("*.parquet")}
    pages = {path.name: Page(path) for path in made_pages}
    for name, words in EDGES[edge]:
        assert words in " ".join(" ".join(pages[name].texts).split()).lower(), name
    for page in pages.values():
        assert not re.search(r"\bnan\b|\bNone\b|\bnull\b|\{\w+\}", " ".join(page.texts)), page.texts
        for one in page.said:
            assert len(rows_of(one.source, tables)) or figures(one.text) in ([], ["0"]), one.source


def test_a_report_gives_way_to_a_new_one_and_nothing_else_does(tmp_path: Path, monkeypatch):
    few_tables = made.write_release(tmp_path / "few" / "2026-03-31-1", one_organisation())
    folder = tmp_path / "report"
    report = National(Release(few_tables)).report()
    write_report(folder, report)
    (folder / "left-over.html").write_text("old")

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("wres.report_pages.write_download", fail)
        with pytest.raises(OSError, match="disk is full"):
            write_report(folder, report)
    assert (folder / "left-over.html").exists(), "the report made before stays where the new one fails"
    write_report(folder, report)
    assert not (folder / "left-over.html").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"few", "report"}
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    with pytest.raises(WresError, match="no report"):
        make_report(few_tables, other)


def test_every_definition_has_words():
    register = read_seed("indicator_register")
    keys = ["collection", "indicator_code", "definition_version"]
    assert set(map(tuple, register[keys].to_numpy())) == set(map(tuple, read_seed("report_indicator")[keys].to_numpy()))


def test_the_words_for_the_range_are_the_settings():
    assert (setting("size_within_from"), setting("size_within_to")) == (0.8, 1.25)
