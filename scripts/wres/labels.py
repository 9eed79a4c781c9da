"""Recognise the form's labels in what people send: the same words, or words known to mean them.

A label that differs from the form's in case and spaces alone is the form's own. One that differs in dashes, quotes,
'&' and the like, or that the seed `form_synonym` lists, is read too, and said so.
"""

import re
import unicodedata
from functools import cache

import pandas as pd

from wres.form import (
    form_for,
    form_years,
)
from wres.form_definition import words as words_of
from wres.form_own import computed_words, label_words, list_words, own_headings, own_words
from wres.reference import read_seed

SYNTHETIC = "synthetic:"
SIGNS = str.maketrans(
    {"&": " and ", "+": " plus ", "<": " under ", ">": " over ", "%": " percent ", "\u2019": "", "'": ""}
)


def plain(label: str) -> str:
    """Return a label in lower case with single spaces."""
    return " ".join(label.casefold().split())


def reduced(label: str) -> str:
    """Return the letters and figures of a label: dashes, quotes, brackets and commas tell nothing apart."""
    text = unicodedata.normalize("NFKC", label).casefold().translate(SIGNS)
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return " ".join(re.findall(r"[^\W_]+", text))


def plain_all(labels: pd.Series) -> pd.Series:
    """Return ``plain`` of each label, worked out once for equal ones."""
    return labels.map({label: plain(label) for label in labels.unique()})


def reduced_all(labels: pd.Series) -> pd.Series:
    """Return ``reduced`` of each label, worked out once for equal ones."""
    return labels.map({label: reduced(label) for label in labels.unique()})


@cache
def synonyms(kind: str) -> pd.DataFrame:
    """Return the other words for labels of one kind: ``key`` as reduced, and what each ``means``."""
    seed = read_seed("form_synonym").query("kind == @kind")
    return pd.DataFrame({"key": [reduced(label) for label in seed["label"]], "means": seed["means"].to_list()})


def known_labels(labels: pd.Series, kind: str) -> pd.DataFrame:
    """Return every way to write each of the form's labels: ``key`` as reduced, and the label that it ``means``."""
    own = pd.DataFrame({"key": [reduced(label) for label in labels], "means": list(labels)}, dtype=object)
    others = synonyms(kind)
    others = others[others["means"].isin(set(labels)) & ~others["key"].isin(set(own["key"]))]
    return pd.concat([own, others], ignore_index=True).drop_duplicates()


@cache
def sheet_names() -> dict[str, str]:
    """Return the form's sheet that each reduced name means."""
    known = known_labels(read_seed("form_sheet")["sheet"].drop_duplicates(), "sheet")
    return dict(zip(known["key"], known["means"], strict=True))


@cache
def form_words() -> frozenset[str]:
    """Return what forms say of themselves, as ``plain``: titles, guidance, headings and labels of every year."""
    words: set[str] = set()
    for year in form_years():
        words |= own_words(year) | list_words(year) | label_words(year)
    own = {plain(word) for word in words}
    return frozenset(own | {f"{SYNTHETIC} {word}" for word in own})


@cache
def own_columns() -> frozenset[str]:
    """Return the headings, as ``plain``, of columns that forms fill in by themselves."""
    return frozenset(plain(heading) for year in form_years() for heading in own_headings(year))


@cache
def own_results() -> frozenset[str]:
    """Return the texts, as ``plain``, that forms work out below such a heading."""
    return frozenset(plain(text) for year in form_years() for text in computed_words(year))


@cache
def own_formulas() -> tuple[str, ...]:
    """Return texts, as ``plain``, that tell a formula of the form above its tables from one of somebody else."""
    checks = {sheet.name for year in form_years() for sheet in form_for(year).sheets if sheet.kind == "checks"}
    return (plain(words_of("overall_check")), *(f"={plain(name)}!" for name in checks))
