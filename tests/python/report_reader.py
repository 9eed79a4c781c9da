"""What a report's pages say, read from their html for tests, by nothing that wrote them."""

import re
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl

import pandas as pd

_known: dict[int, tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]] = {}
VOID = {"meta", "link", "br", "img", "input", "hr", "path", "line", "rect"}
FIGURE = re.compile(r"(?<![\w£,.])\d+(?:,\d{3})*(?:\.\d+)?%?")


@dataclass
class Said:
    """A text that names the rows of the release that it is about."""

    tag: str
    source: str
    rule: str
    parts: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.parts).split())


@dataclass
class Figure:
    """A figure element: what its drawing says, and the rows of its table."""

    name: str
    drawn: list[str] = field(default_factory=list)
    axis: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    rows: list[Said] = field(default_factory=list)
    title: Said | None = None


class Page(HTMLParser):
    """One page: what it says of rows, its figures, links, headings and plain text."""

    def __init__(self, path: Path):
        super().__init__()
        self.said: list[Said] = []
        self.figures: list[Figure] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.identifiers: list[str] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.html = path.read_text(encoding="utf-8")
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self.tags.append(tag)
        self.links += [own[name] for name in ("href", "src") if own.get(name)]
        self.identifiers += [own["id"]] if own.get("id") else []
        if tag == "figure":
            self.figures.append(Figure(own["id"] or ""))
        if own.get("data-row"):
            one = Said(tag, own["data-row"], own.get("data-rule") or "")
            self.said.append(one)
            if tag == "tr" and self._inside("figure"):
                self.figures[-1].rows.append(one)
            if tag == "span" and self._inside("figcaption"):
                self.figures[-1].title = one
        if tag in ("td", "th") and self.said:
            self.said[-1].cells.append("")
        if tag not in VOID:
            self._open.append((tag, own))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, text: str) -> None:
        if not self._open:
            return
        tag = self._open[-1][0]
        if tag == "text":
            is_axis = any("data-axis" in own for _, own in self._open)
            (self.figures[-1].axis if is_axis else self.figures[-1].drawn).append(text)
        elif self._inside("svg"):
            self.figures[-1].told.append(text)
        elif tag not in ("style", "script"):
            self.texts.append(text)
        if any(own.get("data-row") for _, own in self._open):
            self.said[-1].parts.append(text)
            if tag in ("td", "th"):
                self.said[-1].cells[-1] += text

    def _inside(self, tag: str) -> bool:
        return any(tag == one for one, _ in self._open)


def figures(text: str) -> list[str]:
    """Return the figures of a text; those of names such as £70,000 are none."""
    return FIGURE.findall(text)


def rows_of(source: str, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of a release's tables that a source names; looked up once."""
    known = _known.setdefault(id(tables), (tables, {}))[1]
    if source not in known:
        known[source] = _rows_of(source, tables)
    return known[source]


def _rows_of(source: str, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    name, _, query = source.partition("?")
    frame = tables[name]
    for column, value in parse_qsl(query):
        if column not in frame:
            continue
        values = re.findall(r"'([^']*)'", value) if value.startswith(("(", "[")) else [value]
        frame = frame[frame[column].astype(str).isin(values)]
    return frame


def ways_to_write(row: pd.Series) -> set[str]:
    """Return every way in which a report may write the figures of a row: rounded, in per cent, so many in so many."""
    found: set[str] = set()
    for name, value in row.items():
        if isinstance(value, str):
            found |= set(figures(value))
        elif isinstance(value, date):
            found |= {str(value.day), str(value.year), *figures(str(value))}
            continue
        elif pd.isna(value) or isinstance(value, bool):
            continue
        elif float(value).is_integer():
            found |= {f"{int(value):,}", str(int(value)), f"{float(value):.2f}"}
        if not isinstance(value, str) and not pd.isna(value):
            found |= {f"{float(value):.2f}", f"{float(value) * 100:.1f}%"}
            if name in ("rate", "reference_rate"):
                found |= {f"{round(float(value) * of):,}" for of in (100, 1000)} | {"100", "1,000"}
    return found
