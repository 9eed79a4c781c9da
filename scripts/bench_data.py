"""Synthetic returns of as many organisations as a benchmark wants, written straight as batches.

The counts are drawn as `wres sample` draws them, for made-up organisations that no register has: so a benchmark runs in
a copy of the project in whose seeds they stand, with rounds for the years to come.
"""

import csv
import hashlib
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from wres.batch import ISSUES, OBSERVATIONS, SUBMISSIONS, Batch, commit, ensure_empty_batch
from wres.form import Form, form_for, form_schemes, form_years, group_rows, round_of
from wres.reference import PROJECT, read_seed
from wres.sample_counts import Returns, draw_counts, sample_data

SERVICES = ("adults", "children")
PEOPLE = 1_600_000  # who works in adult social care in England: organisations are no larger together
MOST_STAFF = 700  # on average, where they are few
GIVES_BOTH = 0.6
CORE = "core grain"
COPIED = ("dbt_project.yml", "profiles.yml", "selectors.yml", "models", "macros", "seeds", "snapshots", "tests")
COPIED_TOO = ("analyses", "docs/dbt", "docs/methods", "scripts")


@dataclass(frozen=True)
class Size:
    """How large a benchmark is. Core grain: adults' services, minority ethnic and the major groups against white."""

    organisations: int
    years: int
    is_core: bool = False

    @property
    def collection_years(self) -> list[int]:
        """The years of the form, and as many more as are wanted."""
        known = list(form_years())
        return (known + list(range(known[-1] + 1, known[-1] + 1 + self.years)))[: self.years]

    def __str__(self) -> str:
        """Return it as a person would say it."""
        return f"{self.organisations:,} x {self.years}" + (f", {CORE}" if self.is_core else "")


def copy_project(folder: Path, size: Size) -> Path:
    """Copy the project into a new folder, with the organisations and rounds of a size in its seeds; return it."""
    for name in (*COPIED, *COPIED_TOO):
        source, copy = PROJECT / name, folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "python", "*.egg-info"))
        else:
            shutil.copy(source, copy)
    seeds = folder / "seeds" / "reference"
    regions = _regions()
    codes = _codes(size)
    names = [(code, f"Synthetic employer {code}") for code in codes]
    _append(
        seeds / "organisation_register.csv",
        (
            {
                "organisation_code": code,
                "organisation_name": name,
                "organisation_kind": "other",
                "region_code": regions[number % len(regions)],
            }
            for number, (code, name) in enumerate(names)
        ),
    )
    _append(
        seeds / "organisation_area_register.csv",
        (
            {"collection": "sc-wres", "organisation_code": codes[row], "service": service}
            for row, service in _givers(size)
        ),
    )
    if size.is_core:
        pairs = seeds / "comparison_pair.csv"
        lines = pairs.read_text(encoding="utf-8").splitlines(keepends=True)
        pairs.write_text("".join(line for line in lines if not line.rstrip().endswith(",true")), encoding="utf-8")
    label = read_seed("collection_round")["group_label"].iloc[-1]
    _append(
        seeds / "collection_round.csv",
        (
            {
                "collection": "sc-wres",
                "collection_year": year,
                "group_label": label,
                "opens_on": date(year, 9, 1),
                "closes_on": date(year, 10, 31),
            }
            for year in size.collection_years
            if year not in form_years()
        ),
    )
    return folder


def write_batches(batches: Path, size: Size, *, seed: int = 1, but_last: bool = False) -> int:
    """Commit the returns of a size, one batch a year, and return how many observations they have.

    ``but_last`` leaves one return of the last year aside, in a batch of its own beside ``batches``: what comes late.
    """
    batches.mkdir(parents=True, exist_ok=True)
    ensure_empty_batch(batches)
    observations = 0
    for year in size.collection_years:
        batch = _year(size, year, seed)
        if but_last and year == size.collection_years[-1]:
            one = batch.submissions.num_rows - 1
            late = batch.submissions.column("submission_id")[one].as_py()
            commit(_some(batch, late, is_in=True), batches.parent, "late")
            batch = _some(batch, late, is_in=False)
        commit(batch, batches, f"synthetic-{year}")
        observations += batch.observations.num_rows
    return observations


def _some(batch: Batch, submission: str, *, is_in: bool) -> Batch:
    def chosen(table: pa.Table) -> pa.Table:
        mask = pa.compute.equal(table.column("submission_id"), submission)
        return table.filter(mask if is_in else pa.compute.invert(mask))

    return Batch(chosen(batch.submissions), chosen(batch.observations), batch.issues)


def _codes(size: Size) -> list[str]:
    return [f"SYN-{number:05}" for number in range(1, size.organisations + 1)]


def _regions() -> list[str]:
    areas = read_seed("area_register")
    return sorted(areas[areas["area_level"] == "region"]["area_code"])


def _givers(size: Size) -> list[tuple[int, str]]:
    """Return which organisation gives a return for which service, by row of ``_codes``."""
    both = 0 if size.is_core else round(GIVES_BOTH * size.organisations)
    return [
        (row, service) for service in SERVICES for row in range(size.organisations if service == "adults" else both)
    ]


def _year(size: Size, year: int, seed: int) -> Batch:
    """Return every return of a year; a year to come is drawn, and asked for, as the last one known."""
    drawn_as = min(year, form_years()[-1])
    form = form_for(drawn_as)
    givers = _givers(size)
    codes = np.array(_codes(size))[[row for row, _ in givers]]
    services = [service for _, service in givers]
    lasting, yearly = np.random.default_rng([seed, 0]), np.random.default_rng([seed, year])
    returns = _returns(lasting, yearly, size, services)
    counts = draw_counts(yearly, form, returns)
    schemes = _schemes(lasting, size, [row for row, _ in givers])
    ids = [hashlib.sha256(f"{seed} {year} {c} {s}".encode()).hexdigest() for c, s in zip(codes, services, strict=True)]
    sent = _Sent(year, form, np.array(ids), codes, np.array(services), schemes, returns.own_bands)
    observations = pa.concat_tables([*(_counted(sent, counts, scheme) for scheme in np.unique(schemes)), _covers(sent)])
    return Batch(_submissions(sent), observations.combine_chunks(), ISSUES.empty_table())


@dataclass(frozen=True)
class _Sent:
    """The returns of a year; one entry for each in every array."""

    year: int
    form: Form
    ids: np.ndarray
    codes: np.ndarray
    services: np.ndarray
    schemes: np.ndarray
    own_bands: np.ndarray

    @property
    def closes_on(self) -> date:
        return round_of(self.form.year)[1].replace(year=self.year)

    @property
    def snapshot(self) -> date:
        return date(self.year, 3, 31)


def _returns(lasting: np.random.Generator, yearly: np.random.Generator, size: Size, services: list[str]) -> Returns:
    rows, measures = len(services), len(read_seed("measure"))
    average = min(MOST_STAFF, PEOPLE / size.organisations)
    staff = average * np.exp(lasting.normal(0, 0.8, rows) - 0.32) * np.exp(yearly.normal(0, 0.03, rows))
    table = sample_data("groups")
    majors = read_seed("ethnic_group_register").set_index("ethnic_group")["major_group"][table["ethnic_group"]]
    local = sample_data("areas").iloc[lasting.integers(0, len(sample_data("areas")), rows)]
    of_major = np.column_stack(
        [1 - local["minority_ethnic_share"] if major == "white" else local[f"{major}_share"] for major in majors]
    )
    share = of_major * table["share_of_major"].to_numpy() * np.exp(0.25 * lasting.normal(size=of_major.shape))
    unknown = np.clip(0.08 * np.exp(0.5 * lasting.normal(size=rows)), 0, 0.5)[:, None]
    share = (1 - unknown) * share / share.sum(axis=1, keepdims=True)
    return Returns(
        size=np.maximum(12, np.rint(staff)).astype(np.int64),
        group_share=np.hstack([share, unknown]),
        service=services,
        own_bands=lasting.integers(4, 9, rows),
        rate_noise=lasting.normal(size=(rows, measures)),
        ratio_noise=lasting.normal(size=(rows, measures)),
        has_measure={},
        is_withholding=np.zeros(rows, dtype=bool),
    )


def _schemes(lasting: np.random.Generator, size: Size, organisations: list[int]) -> np.ndarray:
    """Return the ethnic scheme of each return: one for an organisation."""
    if size.is_core:
        return np.array(["major_5"] * len(organisations))
    table = sample_data("schemes").set_index("scheme")["share"]
    known = [scheme for scheme in form_schemes() if scheme in table.index]
    share = table[known].to_numpy() / table[known].sum()
    return lasting.choice(known, size=size.organisations, p=share)[organisations]


def _counted(sent: _Sent, counts: dict[tuple[str, str], np.ndarray], scheme: str) -> pa.Table:
    """Return the observations of the returns with one ethnic scheme: sheet by sheet, column by column."""
    from wres.sample import _row_of_group

    of_scheme = np.flatnonzero(sent.schemes == scheme)
    labels = group_rows(scheme)
    first = 5  # the row of a sheet where its table begins
    own = {f"Own pay band {number}": number for number in range(1, 9)}
    sums = np.zeros((len(_row_of_group(scheme)), len(labels)), dtype=np.int64)
    sums[np.arange(len(sums)), _row_of_group(scheme)] = 1
    columns = [
        (sheet.name, number, one) for sheet in sent.form.count_sheets for number, one in enumerate(sheet.columns)
    ]
    values, gives = [], []
    for _, _, one in columns:
        values.append(counts[one.measure, one.breakdown][of_scheme] @ sums)
        gives.append(np.repeat((own.get(one.breakdown, 0) <= sent.own_bands[of_scheme])[:, None], len(labels), axis=1))
    # By return, column and row of the sheet.
    value, is_given = np.stack(values, axis=1), np.stack(gives, axis=1)
    returns, width, height = value.shape
    of_return = np.repeat(of_scheme, width * height)
    of_column = np.tile(np.repeat(np.arange(width), height), returns)
    of_row = np.tile(np.arange(height), returns * width)
    missing = ~is_given.ravel()
    number = pa.array(value.ravel().astype(float), mask=missing)
    cells = [f"{chr(ord('B') + number)}{first + row}" for _, number, _ in columns for row in range(height)]
    return _observations(
        sent,
        of_return,
        sheet=_picked([sheet for sheet, _, _ in columns], of_column),
        cell=_picked(cells, of_column * height + of_row),
        row_number=pa.array(of_row + first, type=pa.int32()),
        ethnic_value=_picked(labels, of_row),
        measure=_picked([one.measure for _, _, one in columns], of_column),
        breakdown=_picked([one.breakdown for _, _, one in columns], of_column),
        value=number,
        value_note=_picked(["not_applicable", None], (~missing).astype(np.int64)),
        value_text=pa.compute.coalesce(number.cast(pa.int64()).cast(pa.string()), pa.scalar("not applicable")),
    )


def _covers(sent: _Sent) -> pa.Table:
    """Return the covers' lines as observations."""
    said = {
        "collection_year": [str(sent.year)] * len(sent.ids),
        "organisation_code": sent.codes,
        "organisation_name": [f"Synthetic employer {code}" for code in sent.codes],
        "service": sent.services,
        "return_version": ["1"] * len(sent.ids),
        "snapshot_date": [str(sent.snapshot)] * len(sent.ids),
        "window_start": [str(sent.snapshot.replace(year=sent.year - 1) + timedelta(days=1))] * len(sent.ids),
        "ethnic_detail": sent.schemes,
        "signed_off_on": [str(sent.closes_on - timedelta(days=10))] * len(sent.ids),
        "signed_off_role": ["Registered manager"] * len(sent.ids),
        "consent_to_publish": ["yes"] * len(sent.ids),
    }
    said |= {
        field.field: [str(15000 + 5000 * int(field.field.split("_")[3]))] * len(sent.ids)
        for field in sent.form.cover
        if field.field.startswith("own_pay_band_")
    }
    lines = len(said)
    text = pa.array(np.column_stack([np.asarray(values, dtype=object) for values in said.values()]).ravel())
    numbers = [name.startswith("own_pay_band_") or name in ("collection_year", "return_version") for name in said]
    is_number = pa.array(np.tile(numbers, len(sent.ids)))
    of_line = np.tile(np.arange(lines), len(sent.ids))
    return _observations(
        sent,
        np.repeat(np.arange(len(sent.ids)), lines),
        sheet=_picked(["Cover"], np.zeros(len(of_line), dtype=np.int64)),
        cell=_picked([f"B{5 + line}" for line in range(lines)], of_line),
        row_number=pa.array(of_line + 5, type=pa.int32()),
        measure=_picked(["cover"], np.zeros(len(of_line), dtype=np.int64)),
        breakdown=_picked(list(said), of_line),
        value=pa.compute.if_else(is_number, text, pa.scalar(None, pa.string())).cast(pa.float64()),
        value_text=text,
    )


def _observations(sent: _Sent, of_return: np.ndarray, **columns: pa.Array) -> pa.Table:
    rows = len(of_return)
    columns |= {
        "submission_id": _picked(sent.ids, of_return),
        "collection_year": pa.array(np.full(rows, sent.year, dtype=np.int32)),
        "area_level": _picked(["organisation"], np.zeros(rows, dtype=np.int64)),
        "area_code": _picked(sent.codes, of_return),
        "area_name": _picked([f"Synthetic employer {code}" for code in sent.codes], of_return),
        "ethnic_scheme": _picked(sent.schemes, of_return),
    }
    return pa.table(
        [columns.get(field.name, pa.nulls(rows, field.type)) for field in OBSERVATIONS], schema=OBSERVATIONS
    )


def _picked(texts: list[str | None] | np.ndarray, positions: np.ndarray) -> pa.Array:
    return pa.array(texts, type=pa.string()).take(pa.array(positions))


def _submissions(sent: _Sent) -> pa.Table:
    rows = len(sent.ids)
    same = {
        "size_bytes": 0,
        "status": "accepted",
        "dataset": "sc_wres_return",
        "collection": "sc-wres",
        "collection_year": sent.year,
        "return_version": 1,
        "signed_off_on": sent.closes_on - timedelta(days=10),
        "snapshot_date": sent.snapshot,
        "window_start": sent.snapshot.replace(year=sent.year - 1) + timedelta(days=1),
        "is_consent_given": True,
        "is_synthetic": True,
        "cells_filled": 0,
        "cells_used": 0,
        "cells_recognised": 0,
        "cells_in_issues": 0,
    }
    columns = {name: pa.repeat(pa.scalar(value, SUBMISSIONS.field(name).type), rows) for name, value in same.items()}
    columns |= {
        "submission_id": pa.array(sent.ids),
        "file_name": pa.array([f"sc-wres-{sent.year}-{number}-synthetic.xlsx" for number in range(rows)]),
        "organisation_code": pa.array(sent.codes),
        "organisation_name": pa.array([f"Synthetic employer {code}" for code in sent.codes]),
        "service": pa.array(sent.services),
        "ethnic_scheme": pa.array(sent.schemes),
    }
    return pa.table([columns.get(field.name, pa.nulls(rows, field.type)) for field in SUBMISSIONS], schema=SUBMISSIONS)


def _append(path: Path, rows: object) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, columns, lineterminator="\n").writerows(rows)
