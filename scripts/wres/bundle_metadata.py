"""What machines read of an open release: a frictionless Data Package and CSV on the Web, from dbt's descriptions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wres.bundle_release import OpenRelease
from wres.bundle_tables import CSV, NUMBERS, PARQUET, ROUNDS_TO_ZERO, WHOLE_NUMBERS, csv_columns, decimals, is_count
from wres.dictionary import Column, Table
from wres.made_from import sha256_of
from wres.reference import read_seed

PACKAGE, CSVW = "datapackage.json", "csv-metadata.json"
CHECKSUMS = "checksums.sha256"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
MEDIA = {
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".html": "text/html",
    ".json": "application/json",
    ".txt": "text/plain",
}
# Types of the models as each standard calls them; anything else is text.
PACKAGE_TYPES = dict.fromkeys(WHOLE_NUMBERS, "integer") | {"double": "number", "float": "number"}
PACKAGE_TYPES |= {"boolean": "boolean", "date": "date"}
CSVW_TYPES = dict.fromkeys(WHOLE_NUMBERS, "integer") | {"double": "decimal", "float": "decimal"}
CSVW_TYPES |= {"boolean": "boolean", "date": "date"}


def write_package(folder: Path, release: OpenRelease, tables: Mapping[str, Table], symbols: Mapping[str, str]) -> None:
    """Write ``datapackage.json`` over every file that is there."""
    resources = [_table_resource(folder, name, table, symbols, release) for name, table in tables.items()]
    listed = {resource["path"] for resource in resources}
    others = [path for path in files_of(folder) if path not in listed]
    resources += [_file_resource(folder, path) for path in others]
    package = {
        "$schema": PROFILE,
        "name": "sc-wres-open-release",
        "id": release.release_id,
        "title": release.title,
        "description": f"{release.exposure.description} {release.label}.",
        "version": release.release_id,
        "created": f"{release.date.isoformat()}T00:00:00Z",
        "licenses": [dict(release.licence)],
        "sources": sources(release),
        "contributors": [{"title": release.exposure.owner, "roles": ["publisher"]}],
        "is_synthetic": release.is_synthetic,
        "threshold": release.threshold,
        "decimals": decimals(),
        "symbols": dict(symbols),
        "scope": release.scope,
        "left_out": list(release.left_out),
        "code_revision": release.code_revision,
        "inputs_sha256": release.inputs_sha256,
        "resources": resources,
    }
    _write_json(folder / PACKAGE, package)


def write_csvw(folder: Path, release: OpenRelease, tables: Mapping[str, Table], symbols: Mapping[str, str]) -> None:
    """Write the metadata of CSV on the Web where its standard looks for it: beside the CSV files."""
    content = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": release.title,
        "dc:description": release.exposure.description,
        "dc:publisher": release.exposure.owner,
        "dc:license": {"@id": release.licence["path"]},
        "dc:issued": {"@value": release.date.isoformat(), "@type": "xsd:date"},
        "tables": [_csvw_table(name, table, tables, symbols) for name, table in tables.items()],
    }
    _write_json(folder / CSV / CSVW, content)


def write_checksums(folder: Path) -> None:
    """Write the SHA-256 of every file as ``sha256sum --check`` reads it, with the sizes in comments."""
    lines = []
    for path in files_of(folder):
        size, digest = (folder / path).stat().st_size, sha256_of(folder / path)
        lines.append(f"# {size} bytes\n{digest}  {path}\n")
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def files_of(folder: Path) -> list[str]:
    """Return the files of a bundle but its checksums, in the order of their names."""
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if path != CHECKSUMS)


def sources(release: OpenRelease) -> list[dict[str, str]]:
    """Return where the figures come from, as the seed of collections has it, and what else the exposure names."""
    collections = read_seed("collection").to_dict("records")
    figures = [
        {
            "title": f"{one['collection_name']}, {one['publisher']}",
            "description": f"{one['description']} {one['licence']}.",
        }
        for one in collections
    ]
    return figures + [dict(other) for other in release.exposure.meta.get("sources", [])]


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _file_resource(folder: Path, path: str) -> dict[str, Any]:
    size, digest = (folder / path).stat().st_size, sha256_of(folder / path)
    suffix = Path(path).suffix
    return {
        "name": path.lower().replace("/", "-").replace(".", "-").replace("_", "-"),
        "type": "file",
        "path": path,
        "format": suffix.removeprefix("."),
        "mediatype": MEDIA.get(suffix, "application/octet-stream"),
        "bytes": size,
        "hash": f"sha256:{digest}",
    }


def _table_resource(
    folder: Path, name: str, table: Table, symbols: Mapping[str, str], release: OpenRelease
) -> dict[str, Any]:
    path = f"{CSV}/{name}.csv"
    fields = [_field(column_name, column, table, symbols) for column_name, column in csv_columns(table).items()]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if table.key:
        schema["primaryKey"] = list(table.key)
    if table.foreign_keys:
        schema["foreignKeys"] = [
            {"fields": [column], "reference": {"resource": other, "fields": [field]}}
            for column, (other, field) in table.foreign_keys.items()
        ]
    return _file_resource(folder, path) | {
        "name": name,
        "type": "table",
        "scheme": "file",
        "title": title(name),
        "description": table.description,
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "licenses": [dict(release.licence)],
        "parquet": f"{PARQUET}/{name}.parquet",
        "schema": schema,
    }


def title(name: str) -> str:
    """Return the name of a table or a column as people read it."""
    return name.replace("_95", " 95% limit").replace("_", " ").capitalize()


def _field(name: str, column: Column, table: Table, symbols: Mapping[str, str]) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": name,
        "type": PACKAGE_TYPES.get(column.data_type, "string"),
        "title": title(name),
        "description": column.description,
    }
    if column.unit:
        field["unit"] = column.unit
    constraints: dict[str, Any] = {}
    if column.is_required and not column.symbol:
        constraints["required"] = True
    if is_count(name, column):
        constraints["minimum"] = 0
    if column.values:
        constraints["enum"] = list(column.values)
    if constraints:
        field["constraints"] = constraints
    if (missing := _missing(column, symbols)) != [""]:
        field["missingValues"] = missing
    return field


def _csvw_table(name: str, table: Table, tables: Mapping[str, Table], symbols: Mapping[str, str]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "columns": [_csvw_column(column_name, c, table, symbols) for column_name, c in csv_columns(table).items()]
    }
    if table.key:
        schema["primaryKey"] = list(table.key)
    keys = [
        {"columnReference": column, "reference": {"resource": f"{other}.csv", "columnReference": field}}
        for column, (other, field) in table.foreign_keys.items()
        if other in tables
    ]
    if keys:
        schema["foreignKeys"] = keys
    return {
        "url": f"{name}.csv",
        "dc:title": title(name),
        "dc:description": table.description,
        "tableSchema": schema,
    }


def _csvw_column(name: str, column: Column, table: Table, symbols: Mapping[str, str]) -> dict[str, Any]:
    base = CSVW_TYPES.get(column.data_type, "string")
    datatype: str | dict[str, Any] = {"base": base, "minimum": 0} if is_count(name, column) else base
    described = {"name": name, "titles": name, "dc:description": column.description, "datatype": datatype}
    if column.is_required and not column.symbol:
        described["required"] = True
    if (missing := _missing(column, symbols)) != [""]:
        described["null"] = missing
    return described


def _missing(column: Column, symbols: Mapping[str, str]) -> list[str]:
    """Return what stands in a cell that has no value: a symbol where there is one for it, and nothing elsewhere."""
    if column.symbol:
        return list(symbols)
    return ["", ROUNDS_TO_ZERO] if column.data_type in NUMBERS else [""]
