"""The files of one correction pack, written by a process that is given nothing but the pack."""

import csv
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

from wres.pack_content import COLUMNS, MARKED, Pack
from wres.safe_text import safe_text

WORKBOOK, PAGE, TABLE, DATA = "corrections.xlsx", "corrections.html", "corrections.csv", "corrections.json"
SUBMISSION = "submission"


def write_files(pack: Pack) -> Path:
    """Write all files of a pack into its folder, in place of what was there, and return the folder."""
    from wres.pack_page import write_page
    from wres.pack_workbook import write_workbook

    part = pack.folder.with_name(f".{pack.folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    if pack.needs_copy:
        pack = _with_copy(part / MARKED, pack)
    write_workbook(part / WORKBOOK, pack)
    write_page(part / PAGE, pack)
    _write_table(part / TABLE, pack)
    _write_data(part / DATA, pack)
    # A withdrawal finds by it what was made of the return.
    (part / SUBMISSION).write_text(pack.submission_id + "\n", encoding="utf-8")
    shutil.rmtree(pack.folder, ignore_errors=True)
    part.rename(pack.folder)
    return pack.folder


def _with_copy(path: Path, pack: Pack) -> Pack:
    """Write the marked copy and return the pack with links into it, or without a copy where none can be made."""
    from wres.pack_marked import write_marked

    try:
        places = write_marked(path, pack)
    except Exception:  # a workbook may be read by one library and not by another: any fault is possible
        path.unlink(missing_ok=True)
        return replace(pack, source=None)
    findings = tuple(replace(finding, link=places.get(n)) for n, finding in enumerate(pack.findings))
    return replace(pack, findings=findings)


def _write_table(path: Path, pack: Pack) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([safe_text(value) for value in finding.row().values()] for finding in pack.findings)
    # The mark at the start tells a spreadsheet that the file is in UTF-8.
    path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")


def _write_data(path: Path, pack: Pack) -> None:
    content = {
        "submission_id": pack.submission_id,
        "title": pack.title,
        "is_synthetic": pack.is_synthetic,
        "status": pack.status,
        "headline": pack.headline,
        "next_step": pack.next_step,
        "next_to_act": pack.who_acts,
        "facts": dict(pack.facts),
        "numbers": pack.numbers,
        "findings": [finding.row() for finding in pack.findings],
        "rules": [
            {"rule": one.rule, "outcome": one.outcome, "checks": one.checks, "reason": one.reason}
            for one in pack.outcomes
        ],
        "changes": [
            {"since": comparison.with_what, "counts_compared": comparison.compared}
            | {"changes": [vars(change) for change in comparison.changes]}
            for comparison in pack.comparisons
        ],
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
