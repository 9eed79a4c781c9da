"""The correction pack as a workbook."""

from collections.abc import Sequence
from datetime import datetime, time
from math import ceil
from pathlib import Path

import xlsxwriter

from wres.form_page import ACCENT, FONT, LINE_HEIGHT, MUTED, RULE, TINT
from wres.pack_content import COLUMNS, MARKED, SEVERITIES, Finding, Pack, counted

SHEETS = {
    "error": "Must be fixed",
    "query": "Please check",
    "info": "What we repaired",
}
OTHER_SHEETS = ("Passed and not run", "What changed", "Rule guide")
WIDTHS = {
    "reference": 17,
    "severity": 10,
    "title": 24,
    "sheet": 17,
    "cell": 8,
    "value": 15,
    "message": 44,
    "how_to_fix": 44,
    "answered": 11,
    "reply": 32,
    "who": 13,
    "rule": 22,
}
NOT_PRINTED = ("who", "rule")  # the last columns
NOTHING = {
    "error": "Nothing must be fixed.",
    "query": "Nothing is asked about.",
    "info": "Nothing was repaired, and there is nothing to tell beside the other sheets.",
}
STATUS_LOOK = {"partly accepted": "stop", "rejected": "stop", "accepted with queries": "look", "accepted": "go"}


def write_workbook(path: Path, pack: Pack) -> Path:
    """Write the pack's workbook, always the same bytes for the same pack, and return its path."""
    # Every text is written as a text: what an organisation typed never becomes a formula, a number or a link.
    book = xlsxwriter.Workbook(path, {"in_memory": True})
    mark = "Synthetic: " if pack.is_synthetic else ""
    book.set_properties(
        {
            "title": f"{mark}{pack.title}",
            "subject": "Social Care Workforce Race Equality Standard: correction pack",
            "author": "SC-WRES",
            "created": datetime.combine(pack.made_on, time()),
        }
    )
    looks = _formats(book)
    _summary(book.add_worksheet("Summary"), looks, pack)
    for severity, name in SHEETS.items():
        _findings(book.add_worksheet(name), looks, pack, severity, name)
    _outcomes(book.add_worksheet(OTHER_SHEETS[0]), looks, pack)
    _changes(book.add_worksheet(OTHER_SHEETS[1]), looks, pack)
    _guide(book.add_worksheet(OTHER_SHEETS[2]), looks, pack)
    for page in book.worksheets():
        page.set_footer(f"&L&8{mark}{pack.title.replace('&', '&&')}&R&8&P of &N")
    book.close()
    return path


def _formats(book: xlsxwriter.Workbook) -> dict[str, xlsxwriter.format.Format]:
    base = {"font_name": FONT, "font_size": 10, "valign": "top"}
    boxed = base | {"border": 1, "border_color": RULE, "text_wrap": True, "align": "left", "indent": 1}
    status = base | {"font_size": 14, "bold": True, "text_wrap": True, "valign": "vcenter", "indent": 1}
    return {
        name: book.add_format(properties)
        for name, properties in {
            "title": base | {"font_size": 16, "bold": True, "font_color": ACCENT, "valign": "vcenter"},
            "section": base | {"font_size": 12, "bold": True, "font_color": ACCENT, "valign": "vcenter"},
            "lead": base | {"font_color": MUTED},
            "muted": base | {"font_color": MUTED, "text_wrap": True},
            "synthetic": base | {"bold": True, "bg_color": "#FFF4D6", "indent": 1},
            "stop": status | {"bg_color": "#FBE4E4", "font_color": "#7A1212", "left": 5, "left_color": "#A61B1B"},
            "look": status | {"bg_color": "#FFF4D6", "font_color": "#5C3D00", "left": 5, "left_color": "#B87900"},
            "go": status | {"bg_color": "#E3F2E6", "font_color": "#10451E", "left": 5, "left_color": "#1E7B34"},
            "other": status | {"bg_color": TINT, "font_color": ACCENT, "left": 5, "left_color": ACCENT},
            "step": base | {"font_size": 11, "text_wrap": True, "indent": 1, "valign": "vcenter"},
            "heading": boxed | {"bold": True, "font_color": "#FFFFFF", "bg_color": ACCENT, "valign": "vcenter"},
            "number_heading": boxed
            | {
                "indent": 0,
                "bold": True,
                "font_color": "#FFFFFF",
                "bg_color": ACCENT,
                "valign": "vcenter",
                "align": "right",
            },
            "cell": boxed,
            "strong": boxed | {"bold": True},
            "link": boxed | {"font_color": "#0B5CAD", "underline": 1},
            "reply": boxed | {"bg_color": TINT},
            "number": boxed | {"indent": 0, "num_format": "#,##0_)", "align": "right"},
            "signed": boxed | {"indent": 0, "num_format": "+#,##0_);-#,##0_);0_)", "align": "right"},
            "percent": boxed | {"indent": 0, "num_format": '+#,##0.0"%"_);-#,##0.0"%"_);0.0"%"_)', "align": "right"},
        }.items()
    }


def _prepare(page: xlsxwriter.worksheet.Worksheet, widths: Sequence[float], frozen: int) -> None:
    page.hide_gridlines(2)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    page.set_row(0, 28)
    if frozen:
        page.freeze_panes(frozen, 0)
        page.repeat_rows(frozen - 1)


def _height(*texts: tuple[str, float]) -> float:
    """Return the height of a row whose texts wrap in columns of the given widths in characters."""
    lines = max(
        sum(ceil(max(len(part), 1) * 0.92 / (width - 2)) for part in (text.split("\n") if text else [""]))
        for text, width in texts
    )
    return LINE_HEIGHT * max(lines, 1) + 4


def _table_head(page: xlsxwriter.worksheet.Worksheet, looks: dict, row: int, headings: Sequence[str]) -> None:
    for column, heading in enumerate(headings):
        is_number = heading in {"Before", "Now", "Difference", "Percent", "Checks", "How many", "Cells"}
        page.write_string(row, column, heading, looks["number_heading" if is_number else "heading"])
    page.set_row(row, LINE_HEIGHT + 7)


def _summary(page: xlsxwriter.worksheet.Worksheet, looks: dict, pack: Pack) -> None:
    widths = (30, 34, 18, 12, 70)
    _prepare(page, widths, 0)
    whole = sum(widths)
    page.write_string(0, 0, pack.title, looks["title"])
    page.write_string(1, 0, pack.subtitle, looks["lead"])
    row = 2
    if pack.is_synthetic:
        page.merge_range(row, 0, row, 4, "Synthetic: made-up figures of no real organisation.", looks["synthetic"])
        row += 1
    page.merge_range(row, 0, row, 4, "", looks["other"])
    page.write_string(row, 0, pack.headline, looks[STATUS_LOOK.get(pack.status, "other")])
    page.set_row(row, 32)
    page.merge_range(row + 1, 0, row + 1, 4, "", looks["step"])
    page.write_string(row + 1, 0, f"Next: {pack.next_step}", looks["step"])
    page.set_row(row + 1, _height((pack.next_step, whole * 0.85)) + 8)
    page.merge_range(row + 2, 0, row + 2, 4, "", looks["muted"])
    page.write_string(row + 2, 0, pack.meaning, looks["muted"])
    page.set_row(row + 2, _height((pack.meaning, whole * 0.9)))
    row += 4
    for label, text in pack.facts:
        page.write_string(row, 0, label, looks["strong"])
        page.write_string(row, 1, text, looks["cell"])
        page.set_row(row, _height((text, widths[1])))
        row += 1

    page.write_string(row + 1, 0, "How much there is", looks["section"])
    _table_head(page, looks, row + 2, ("", "Sheet of this workbook", "How many"))
    lines = [
        ("Must be fixed", SHEETS["error"], pack.numbers.get("errors", 0)),
        ("Please check: still open", SHEETS["query"], pack.numbers.get("open_queries", 0)),
        ("Please check: answered by you", SHEETS["query"], pack.numbers.get("answered_queries", 0)),
        ("Repaired, or told for information", SHEETS["info"], pack.numbers.get("notes", 0)),
        ("Rules passed", OTHER_SHEETS[0], pack.numbers.get("passed", 0)),
        ("Rules that could not be run", OTHER_SHEETS[0], pack.numbers.get("not_run", 0)),
    ]
    row += 3
    for label, sheet, number in lines:
        page.write_string(row, 0, label, looks["strong"])
        page.write_url(row, 1, f"internal:'{sheet}'!A1", looks["link"], sheet)
        page.write_number(row, 2, number, looks["number"])
        row += 1

    if pack.together:
        page.write_string(row + 1, 0, "What was found, in short", looks["section"])
        _table_head(page, looks, row + 2, ("Kind", "Rule", "Sheet", "Cells", "In words"))
        row += 3
        for line in pack.together:
            texts = (SEVERITIES[line.severity], line.rule, line.sheet or "Whole return")
            for column, text in enumerate(texts):
                page.write_string(row, column, text, looks["cell"])
            page.write_number(row, 3, line.cells, looks["number"])
            page.write_string(row, 4, line.words, looks["cell"])
            page.set_row(row, _height((line.words, widths[4]), (line.rule, widths[1])))
            row += 1


def _findings(page: xlsxwriter.worksheet.Worksheet, looks: dict, pack: Pack, severity: str, name: str) -> None:
    findings = pack.of(severity)
    columns = [column for column in COLUMNS if column != "severity"]
    if severity != "query":
        columns = [column for column in columns if column not in ("answered", "reply")]
    widths = [WIDTHS[column] for column in columns]
    _prepare(page, widths, 3 if findings else 0)
    page.write_string(0, 0, f"{name}: {counted(len(findings), 'finding')}", looks["title"])
    if not findings:
        page.write_string(1, 0, NOTHING[severity], looks["lead"])
        page.set_column(0, 0, 90)
        return
    page.merge_range(1, 0, 1, len(columns) - 1, _guidance(pack, severity), looks["muted"])
    page.set_row(1, LINE_HEIGHT * 2)
    _table_head(page, looks, 2, [COLUMNS[column] for column in columns])
    for row, finding in enumerate(findings, 3):
        _finding(page, looks, row, columns, finding)
        page.set_row(
            row,
            _height(
                (finding.message, WIDTHS["message"]),
                (finding.how_to_fix, WIDTHS["how_to_fix"]),
                (finding.title, WIDTHS["title"]),
                (finding.value, WIDTHS["value"]),
            ),
        )
    page.autofilter(2, 0, 2 + len(findings), len(columns) - 1)
    # On paper the last columns, for the people who run the check, would make the others too small to read.
    page.print_area(0, 0, 2 + len(findings), len(columns) - 1 - len(NOT_PRINTED))


def _guidance(pack: Pack, severity: str) -> str:
    copy = f" The cell's link opens it in {MARKED}, which is beside this file." if pack.needs_copy else ""
    return {
        "error": f"Correct each cell in your workbook; until then the figure is set aside.{copy}",
        "query": "Correct the figure, or write why it is right, beside its reference, on the sheet "
        f"{pack.reply_sheet} of the workbook that you send.{copy}",
        "info": "Nothing has to be done about these.",
    }[severity]


def _finding(page: xlsxwriter.worksheet.Worksheet, looks: dict, row: int, columns: list[str], finding: Finding) -> None:
    texts = finding.row()
    for column, name in enumerate(columns):
        text = texts[name]
        if name == "cell" and finding.link:
            sheet, cell = finding.link
            place = f"external:{MARKED}#'{sheet.replace(chr(39), chr(39) * 2)}'!{cell}"
            page.write_url(row, column, place, looks["link"], text or "sheet", f"Open {sheet} {cell} in {MARKED}")
        else:
            look = {"reply": "reply", "reference": "strong"}.get(name, "cell")
            page.write_string(row, column, text, looks[look])


def _outcomes(page: xlsxwriter.worksheet.Worksheet, looks: dict, pack: Pack) -> None:
    _prepare(page, (60, 14, 10, 90), 3)
    page.write_string(0, 0, OTHER_SHEETS[0], looks["title"])
    page.write_string(1, 0, "A rule that could not be run has not been passed.", looks["lead"])
    _table_head(page, looks, 2, ("What the rule looks for", "Outcome", "Checks", "Why it could not be run"))
    # What could not be run first: that is what a reader may want to do something about.
    for row, outcome in enumerate(sorted(pack.outcomes, key=lambda one: one.outcome), 3):
        page.write_string(row, 0, outcome.title, looks["cell"])
        page.write_string(row, 1, outcome.outcome, looks["cell"])
        page.write_number(row, 2, outcome.checks, looks["number"])
        if outcome.reason:
            page.write_string(row, 3, outcome.reason, looks["cell"])


def _changes(page: xlsxwriter.worksheet.Worksheet, looks: dict, pack: Pack) -> None:
    headings = ("Sheet", "Ethnic group", "Column", "Before", "Now", "Difference", "Percent")
    _prepare(page, (20, 60, 34, 14, 14, 12, 11), 0)
    page.write_string(0, 0, OTHER_SHEETS[1], looks["title"])
    row = 2
    if not pack.comparisons:
        page.write_string(row, 0, "There is no earlier return to compare with.", looks["muted"])
        page.set_column(0, 0, 60)
    for comparison in pack.comparisons:
        page.write_string(row, 0, f"Since {comparison.with_what}", looks["section"])
        same = comparison.compared - len(comparison.changes)
        words = f"{counted(len(comparison.changes), 'count')} changed; {same:,} stayed the same."
        page.write_string(row + 1, 0, words, looks["lead"])
        row += 2
        if comparison.changes:
            _table_head(page, looks, row, headings)
        for change in comparison.changes:
            row += 1
            page.write_string(row, 0, change.sheet, looks["cell"])
            page.write_string(row, 1, change.group, looks["cell"])
            page.write_string(row, 2, change.column, looks["cell"])
            for column, value in ((3, change.value_before), (4, change.value_now)):
                if isinstance(value, str):
                    page.write_string(row, column, value, looks["number"])
                else:
                    page.write_number(row, column, value, looks["number"])
            for column, figure, look in ((5, change.difference, "signed"), (6, change.percent, "percent")):
                if figure is None:
                    page.write_blank(row, column, None, looks["cell"])
                else:
                    page.write_number(row, column, figure, looks[look])
        row += 2


def _guide(page: xlsxwriter.worksheet.Worksheet, looks: dict, pack: Pack) -> None:
    widths = (28, 16, 44, 80, 16)
    _prepare(page, widths, 3)
    page.write_string(0, 0, OTHER_SHEETS[2], looks["title"])
    page.write_string(1, 0, "Every rule that a return is held to, with what to do about it.", looks["lead"])
    _table_head(page, looks, 2, ("Rule", "Kind", "What it looks for", "What to do", "Who acts"))
    for row, rule in enumerate(pack.guide, 3):
        texts = (rule.rule, SEVERITIES[rule.severity], rule.title, rule.what_to_do, rule.who)
        for column, text in enumerate(texts):
            page.write_string(row, column, text, looks["cell"])
        page.set_row(row, _height((rule.what_to_do, widths[3]), (rule.title, widths[2])))
