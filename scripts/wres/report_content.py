"""What a report is made of, as data: pages of sections, and the blocks that stand in them.

The same content gives the web pages, the downloads beside them and the printed report.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Sentence:
    """A sentence that says what one row of a release shows; ``source`` names the row, ``rule`` the sentence's rule."""

    text: str
    source: str = ""
    rule: str = ""


@dataclass(frozen=True)
class Text:
    """A paragraph of sentences."""

    kind: ClassVar[str] = "text"
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Bullets:
    """A list of sentences, each with a page that it leads to where ``links`` has one."""

    kind: ClassVar[str] = "bullets"
    sentences: tuple[Sentence, ...]
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Links:
    """A list of pages: where each is, what it is called and a line about it."""

    kind: ClassVar[str] = "links"
    items: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Inset:
    """Words that stand apart, which a reader must know with the figures; ``is_warning`` for what must not be missed."""

    kind: ClassVar[str] = "inset"
    sentences: tuple[Sentence, ...]
    is_warning: bool = False


@dataclass(frozen=True)
class Facts:
    """A summary list: what each fact is called, and what it is."""

    kind: ClassVar[str] = "facts"
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Row:
    """One row of a table; ``source`` names the row of the release that its figures are from."""

    cells: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True)
class Table:
    """A table: a caption, headings, and rows whose first cell names them; ``numbers`` are the columns of figures."""

    kind: ClassVar[str] = "table"
    caption: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Download:
    """Rows of a release as a CSV file: its name below the report's ``data/``, and its lines."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """A drawing with the finding as its title, a text alternative, a table of the same figures and their download.

    ``drawing`` is what ``report_charts`` made; ``key`` says what its marks mean.
    """

    kind: ClassVar[str] = "chart"
    name: str
    title: Sentence
    alternative: str
    drawing: str
    table: Table
    key: tuple[tuple[str, str], ...] = ()
    download: Download | None = None


@dataclass(frozen=True)
class Template:
    """A block of a page's own: a template of this folder, and the values that it is given."""

    kind: ClassVar[str] = "template"
    name: str
    values: dict = field(default_factory=dict)


Block = Text | Bullets | Links | Inset | Facts | Table | Chart | Template


@dataclass(frozen=True)
class Section:
    """A part of a page under a heading of its own; ``name`` is where links lead to."""

    name: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """One page: its file, its heading, a first paragraph and its sections."""

    file: str
    heading: str
    lead: tuple[Sentence, ...]
    sections: tuple[Section, ...]
    caption: str = ""
    scripts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A report: what it is called, what it is made from, and its pages in order, the first being the way in."""

    title: str
    subtitle: str
    publisher: str
    pages: tuple[Page, ...]
    is_synthetic: bool
    notice: str
    licence: tuple[str, str] = ("", "")
    pdf: str = ""


def said(*texts: str) -> tuple[Sentence, ...]:
    """Return plain sentences, which hold no figure of a release."""
    return tuple(Sentence(text) for text in texts)


def charts(pages: Iterable[Page]) -> list[Chart]:
    """Return every chart of some pages."""
    return [
        block for page in pages for section in page.sections for block in section.blocks if isinstance(block, Chart)
    ]
