"""Look at a file before anything reads it: what it is, by its content, and whether its size is honest.

A workbook is an archive, and what it unpacks to is not known from its size. The archive's directory is checked first,
then each part is unpacked under a limit; the reader of workbooks, which is native code, sees only what was unpacked.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wres.issues import Refused
from wres.limits import limit

ZIP, OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")
EMPTY_ZIP = b"PK\x05\x06"
XLSX, XLSB, ODS, XLS = "xlsx", "xlsb", "ods", "xls"
WORKBOOK, BINARY_WORKBOOK, OPEN_DOCUMENT = "xl/workbook.xml", "xl/workbook.bin", "content.xml"
TABLES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv")
DECLARES = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
# What the reader of a workbook looks at; pictures, macros and links to other files stay packed.
READ_PARTS = re.compile(
    r"(?:\[Content_Types\]\.xml|_rels/\.rels|xl/(?:workbook\.xml|_rels/workbook\.xml\.rels|sharedStrings\.xml|styles\.xml|.*sheets?/[^/]+))$",
    re.IGNORECASE,
)
OLE_NAMES = {name: name.encode("utf-16-le") for name in ("EncryptedPackage", "Workbook", "Book", "WordDocument")}


@dataclass(frozen=True)
class Container:
    """A file that a workbook may be in: its kind, its bytes, its parts unpacked (xlsx), and what is said of it."""

    kind: str
    data: bytes
    parts: Mapping[str, bytes]
    has_macros: bool
    has_external_links: bool


def file_bytes(path: Path) -> bytes:
    """Return a file's bytes.

    Raises ``Refused`` where it is no plain file or larger than is read.
    """
    if path.is_symlink():
        raise Refused("is_a_link")
    if path.is_dir():
        raise Refused("is_a_folder")
    if not path.exists():
        raise Refused("no_such_file")
    if not path.is_file():
        raise Refused("not_a_plain_file")
    try:
        if (size := path.stat().st_size) > limit("file_bytes"):
            raise Refused("file_too_large", found=_megabytes(size), expected=_megabytes(limit("file_bytes")))
        return path.read_bytes()
    except OSError as error:
        raise Refused("cannot_be_opened", found=error.strerror) from None


def is_workbook(data: bytes) -> bool:
    """Tell whether bytes are those of a workbook, or of an archive, whatever the name of their file."""
    return data.startswith((ZIP, OLE, EMPTY_ZIP)) or data.startswith(bytes(4))


def open_container(data: bytes) -> Container:
    """Return what a workbook's file holds.

    Raises ``Refused`` where it is no workbook, is protected by a password, or unpacks to more than is read.
    """
    if data.startswith(OLE):
        return _old(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _unpacked(archive, data)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, KeyError) as error:
        raise Refused("unreadable_workbook", found=str(error)) from None


def _old(data: bytes) -> Container:
    if OLE_NAMES["EncryptedPackage"] in data:
        raise Refused("password_protected")
    if OLE_NAMES["Workbook"] not in data and OLE_NAMES["Book"] not in data:
        raise Refused("unreadable_workbook", found="not a workbook")
    return Container(XLS, data, {}, "_VBA_PROJECT".encode("utf-16-le") in data, False)


def _unpacked(archive: zipfile.ZipFile, data: bytes) -> Container:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    sheets = sum(name.startswith("xl/worksheets/sheet") for name in names)
    if sheets > limit("sheets"):
        raise Refused("too_many_sheets", found=f"{sheets:,}", expected=limit("sheets"))
    if len(entries) > limit("parts"):
        raise Refused("too_many_parts", found=len(entries), expected=limit("parts"))
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused("password_protected")
    _check_sizes(entries)
    kind = XLSX if WORKBOOK in names else XLSB if BINARY_WORKBOOK in names else ODS if OPEN_DOCUMENT in names else None
    if kind is None:
        is_of_returns = any(name.casefold().endswith(TABLES) for name in names)
        raise Refused("archive_not_workbook" if is_of_returns else "unreadable_workbook", found="no workbook in it")
    if kind == ODS and b"encryption-data" in _part(archive, "META-INF/manifest.xml"):
        raise Refused("password_protected")
    wanted = [entry for entry in entries if kind != XLSX or READ_PARTS.match(entry.filename)]
    room, parts = limit("unpacked_bytes"), {}
    for entry in wanted:
        if entry.filename in parts:
            raise Refused("unreadable_workbook", found="a part twice")
        content = _unpack(data, entry, room)
        room -= len(content)
        if entry.filename.casefold().endswith((".xml", ".rels")) and _declares_entities(content):
            raise Refused("unsafe_workbook")
        parts[entry.filename] = content
    lower = [name.casefold() for name in names]
    macros = any(name.endswith("vbaproject.bin") or name.startswith("basic/") for name in lower)
    links = any(name.startswith("xl/externallinks/") for name in lower)
    return Container(kind, data, parts if kind == XLSX else {}, macros, links)


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse by the archive's own directory, before a byte is unpacked."""
    whole = sum(entry.file_size for entry in entries)
    if whole > limit("unpacked_bytes"):
        found, expected = _megabytes(whole), _megabytes(limit("unpacked_bytes"))
        raise Refused("unpacks_too_large", found=found, expected=expected)
    for entry in entries:
        if entry.file_size > 1_000_000 and entry.file_size > entry.compress_size * limit("unpacked_ratio"):
            times = round(entry.file_size / max(entry.compress_size, 1))
            raise Refused(
                "unpacks_too_large", found=f"{times:,} times its size", expected=f"{limit('unpacked_ratio')} times"
            )


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(1_000_000)


def _unpack(data: bytes, entry: zipfile.ZipInfo, room: int) -> bytes:
    """Return one part; it may not be longer than the directory says, which was checked, nor than there is room."""
    start = entry.header_offset
    if data[start : start + 4] != ZIP:
        raise zipfile.BadZipFile("a part is not where the directory says")
    begin = start + 30 + int.from_bytes(data[start + 26 : start + 28], "little")
    begin += int.from_bytes(data[start + 28 : start + 30], "little")
    packed = data[begin : begin + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        content = packed
    elif entry.compress_type == zipfile.ZIP_DEFLATED:
        unpacker = zlib.decompressobj(-15)
        content = unpacker.decompress(packed, min(entry.file_size, room) + 1)
    else:
        raise zipfile.BadZipFile(f"packed in a way ({entry.compress_type}) that workbooks are not")
    if len(content) > room:
        raise Refused("unpacks_too_large", found="more than it says", expected=_megabytes(limit("unpacked_bytes")))
    if len(content) != entry.file_size or zlib.crc32(content) != entry.CRC:
        raise zipfile.BadZipFile("a part is damaged, or its size is not what the directory says")
    return content


def _declares_entities(content: bytes) -> bool:
    """Tell whether XML declares a document type, in which entities are defined: no workbook does."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in content[:64]:
        content = content.replace(b"\x00", b"")
    return b"<!" in content and DECLARES.search(content) is not None


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"
