"""A report as one PDF for printing and for boards: contents, bookmarks, running heads, tags, from its pages."""

import json
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from wres.report_content import (
    Block,
    Bullets,
    Chart,
    Facts,
    Inset,
    Links,
    Page,
    Report,
    Sentence,
    Table,
    Template,
    Text,
)

PDF = "report.pdf"
SOURCE = Path(__file__).with_suffix(".typ")
STYLE = Path(__file__).with_name("report.css")
FONT = "Roboto"
STANDARD = "ua-1"  # tagged and accessible: the compiler refuses what would not be


def write_pdf(path: Path, report: Report) -> Path:
    """Write a report as a PDF and return its path; the same report gives the same bytes."""
    import font_roboto
    import typst

    typst.compile(
        SOURCE,
        output=path,
        font_paths=[Path(font_roboto.__file__).with_name("files")],
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(_content(report), ensure_ascii=False)},
        pdf_standards=[STANDARD],
        timestamp=int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()),
    )
    return path


def _content(report: Report) -> dict[str, Any]:
    return {
        "title": f"{'Synthetic: ' if report.is_synthetic else ''}{report.title}",
        "subtitle": report.subtitle,
        "publisher": report.publisher,
        "synthetic": report.is_synthetic,
        "notice": report.notice,
        "licence": f"All content is available under the {report.licence[0]}, except where otherwise stated: "
        f"{report.licence[1]}"
        if report.licence[0]
        else "",
        "colours": _colours(),
        "pages": [_page(page) for page in report.pages],
    }


def _page(page: Page) -> dict[str, Any]:
    return {
        "heading": f"{page.caption}: {page.heading}" if page.caption.startswith("Indicator") else page.heading,
        "lead": _words(page.lead),
        "sections": [
            {"heading": section.heading, "blocks": [_block(block) for block in section.blocks]}
            for section in page.sections
            if any(not isinstance(block, Links) for block in section.blocks)  # what leads elsewhere stays on the screen
        ],
    }


def _block(block: Block) -> dict[str, Any]:  # noqa: PLR0911 - one answer for each kind of block
    if isinstance(block, Text):
        return {"kind": "text", "text": _words(block.sentences)}
    if isinstance(block, Bullets):
        return {"kind": "bullets", "items": [one.text for one in block.sentences]}
    if isinstance(block, Links):
        return {"kind": "links", "items": [[name, about] for _, name, about in block.items]}
    if isinstance(block, Inset):
        return {"kind": "inset", "text": _words(block.sentences), "warning": block.is_warning}
    if isinstance(block, Facts):
        return {"kind": "facts", "items": [list(item) for item in block.items]}
    if isinstance(block, Table):
        return {"kind": "table", "caption": block.caption, **_table(block)}
    if isinstance(block, Template):
        return {"kind": "cards", "items": block.values["printed"]}
    return {
        "kind": "chart",
        "title": block.title.text,
        "alternative": block.alternative,
        "key": [meaning for _, meaning in block.key],
        "table": _table(block.table),
        **_drawing(block),
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "headings": list(table.headings),
        "rows": [list(row.cells) for row in table.rows],
        "numbers": sorted(table.numbers),
    }


def _drawing(chart: Chart) -> dict[str, Any]:
    """Return a drawing as it is printed: in the colours of paper, and the letters of the text."""
    if not chart.drawing:
        return {"drawing": "", "width": 0, "height": 0}
    drawing = re.sub(r"var\(--([a-z-]+)\)", lambda name: _colours()[name[1]], chart.drawing)
    drawing = drawing.replace("<svg ", f'<svg font-family="{FONT}" ', 1)
    _, _, width, height = re.search(r'viewBox="([^"]*)"', drawing)[1].split()  # type: ignore[index]
    return {"drawing": drawing, "width": float(width), "height": float(height)}


def _words(sentences: tuple[Sentence, ...]) -> str:
    return " ".join(one.text for one in sentences)


@cache
def _colours() -> dict[str, str]:
    """Return the colours of the style sheet on a light page."""
    first = re.search(r":root \{([^}]*)\}", STYLE.read_text(encoding="utf-8"))[1]  # type: ignore[index]
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", first))
    return {name: value if len(value) > 4 else "#" + "".join(c * 2 for c in value[1:]) for name, value in found.items()}
