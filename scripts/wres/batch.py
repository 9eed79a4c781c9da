"""A batch: what one `wres receive` commits, as a folder of three Parquet files moved into place in one rename."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

TEXT, INTEGER, NUMBER, DATE = pa.string(), pa.int32(), pa.float64(), pa.date32()

SUBMISSIONS = pa.schema(
    {
        "submission_id": TEXT,  # SHA-256 of the file's bytes
        "file_name": TEXT,
        "size_bytes": pa.int64(),
        "status": TEXT,  # accepted, rejected, withdrawn
        "dataset": TEXT,
        "collection": TEXT,
        "collection_year": INTEGER,  # of a return; a statistics file covers several
        "organisation_code": TEXT,
        "organisation_name": TEXT,
        "service": TEXT,
        "return_version": INTEGER,
        "signed_off_on": DATE,
        "snapshot_date": DATE,
        "window_start": DATE,
        "ethnic_scheme": TEXT,
        "is_consent_given": pa.bool_(),
        "published_on": DATE,  # of a statistics file, as stated when it was received
        "is_synthetic": pa.bool_(),
        # Of a return: every filled cell is in exactly one of the three that follow.
        "cells_filled": INTEGER,
        "cells_used": INTEGER,
        "cells_recognised": INTEGER,
        "cells_in_issues": INTEGER,
        "received_at": pa.timestamp("us"),
    }
)
OBSERVATIONS = pa.schema(
    {
        "submission_id": TEXT,
        "sheet": TEXT,  # empty in a CSV file
        "cell": TEXT,
        "row_number": INTEGER,
        "collection_year": INTEGER,
        "area_level": TEXT,
        "area_code": TEXT,
        "area_name": TEXT,
        "region_code": TEXT,
        "ethnic_scheme": TEXT,
        "ethnic_value": TEXT,
        "measure": TEXT,
        "breakdown": TEXT,
        "value": NUMBER,
        "value_note": TEXT,
        "value_text": TEXT,  # the cell as it was sent
    }
)
ISSUES = pa.schema(
    {
        "submission_id": TEXT,
        "sheet": TEXT,
        "cell": TEXT,
        "rule_code": TEXT,
        "subject": TEXT,  # what the cell counts, in words that stay the same wherever the cell stands
        "value_text": TEXT,
        "message": TEXT,
    }
)
TABLES = {"submissions": SUBMISSIONS, "observations": OBSERVATIONS, "issues": ISSUES}


@dataclass(frozen=True)
class Batch:
    """What one receipt holds, as three Arrow tables in the schemas above."""

    submissions: pa.Table
    observations: pa.Table
    issues: pa.Table

    @staticmethod
    def empty() -> "Batch":
        """Return a batch with no rows: it keeps dbt's sources typed before anything was received."""
        return Batch(SUBMISSIONS.empty_table(), OBSERVATIONS.empty_table(), ISSUES.empty_table())

    def write(self, folder: Path) -> None:
        """Write the three files into a new folder, and see them on disk before returning."""
        folder.mkdir(parents=True)
        for name in TABLES:
            write_table(getattr(self, name), folder / f"{name}.parquet")


def table_of(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """Return a frame in the columns of a batch; a column that it lacks is empty."""
    columns = []
    for name in schema.names:
        values = frame[name] if name in frame else pd.Series([None] * len(frame), dtype=object)
        if pa.types.is_integer(schema.field(name).type):
            values = pd.to_numeric(values).astype("Int64")
        columns.append(pa.Array.from_pandas(values, type=schema.field(name).type))
    return pa.Table.from_arrays(columns, schema=schema)


def write_table(table: pa.Table, path: Path) -> None:
    """Write one file, such as one of a batch, whole or not at all, and see it on disk before returning."""
    part = path.with_name(f".{path.name}.part")
    try:
        pq.write_table(table, part, compression="zstd")
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def commit(batch: Batch, batches: Path, batch_id: str) -> Path:
    """Commit a batch: it is under ``batches`` whole, or not at all."""
    incoming = batches.parent / f".incoming-{batch_id}-{os.getpid()}"
    try:
        batch.write(incoming)
        return incoming.rename(batches / batch_id)
    except BaseException:
        shutil.rmtree(incoming, ignore_errors=True)
        raise


def ensure_empty_batch(batches: Path) -> None:
    """Write the empty batch where it is missing, or lacks a column that batches have now.

    A Parquet glob that matches nothing fails in dbt, and so does a column that no file has.
    """
    if _is_as_written_now(batches / "empty"):
        return
    shutil.rmtree(batches / "empty", ignore_errors=True)
    try:
        commit(Batch.empty(), batches, "empty")
    except OSError:
        if not (batches / "empty").exists():  # else another command has just written it
            raise


def _is_as_written_now(folder: Path) -> bool:
    try:
        return all(pq.read_schema(folder / f"{name}.parquet").equals(schema) for name, schema in TABLES.items())
    except OSError:
        return False


def ledger(batches: Path) -> pa.Table:
    """Return every submission ever received, one row per receipt, in batch order."""
    files = sorted(batches.glob("*/submissions.parquet"))
    return (
        pa.concat_tables([pq.read_table(file) for file in files], promote_options="default")
        if files
        else SUBMISSIONS.empty_table()
    )
