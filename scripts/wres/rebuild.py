"""Rebuild a release: make its files again from the committed batches, and compare them byte for byte."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from wres.home import Home, WresError
from wres.made_from import MadeFrom, made_from
from wres.publish import described_tables, opened, write_tables
from wres.releases import Release, find_release, released_files, write_csv
from wres.warehouse import Show, run_dbt


class CannotRebuildError(WresError):
    """What the release was made from is not what is here."""


class DifferentReleaseError(WresError):
    """The release was made again and is not the same."""


def rebuild(home: Home, release_id: str, out: Path | None = None, show: Show = lambda line: None) -> Release:
    """Make a release again from the batches that it was made from, in a home of its own, and return the release.

    The files are left in ``out`` where it is given. Batches that came later are left aside. The caller holds the
    home's lock.

    Raises ``CannotRebuildError`` with everything that differs where the definitions, the programs or the batches are
    not those of the release, and ``DifferentReleaseError`` with the files that have other bytes.
    """
    release = find_release(home, release_id)
    if out is not None and out.exists() and any(out.iterdir()):
        raise WresError(f"{out} is not empty. Name another folder with --out.")
    _refuse_other_sources(release, made_from(home))
    with tempfile.TemporaryDirectory(dir=home.warehouse) as folder:
        apart = Home(Path(folder) / "home")
        for name in release.made_from.inputs:
            (apart.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(home.root / name, apart.root / name)
        show("Building")
        run_dbt(apart, ["build", "--exclude-resource-type", "test", "unit_test"])
        files = (out or Path(folder) / "files").resolve()
        files.mkdir(parents=True, exist_ok=True)
        show("Writing the tables")
        tables = described_tables(apart)
        with opened(apart) as connection:
            write_tables(connection, tables, files)
        write_csv(files)
        made = released_files(files)
    different = sorted(name for name in release.files.keys() | made.keys() if release.files.get(name) != made.get(name))
    if different:
        raise DifferentReleaseError(
            f"Release {release_id} was made again and {len(different)} of {len(release.files)} files differ:\n"
            + "\n".join(different)
        )
    return release


def _refuse_other_sources(release: Release, now: MadeFrom) -> None:
    then = release.made_from
    if not then.inputs:
        raise CannotRebuildError(
            f"Release {release.release_id} does not say what it was made from: it is older than that account."
        )
    # What came later is no hindrance: it is left aside.
    inputs = {name: now.inputs[name] for name in then.inputs if name in now.inputs}
    differences = then.differences(replace(now, inputs=inputs))
    if not differences:
        return
    lines = [f"Release {release.release_id} cannot be made again from what is here:", *differences]
    if then.inputs != inputs:
        lines.append("Batches change only by a withdrawal, which erases an organisation's figures for good.")
    if then.definitions != now.definitions:
        lines.append(f"It was made by code revision {release.code_revision or 'unknown'}: check that out, then again.")
    if then.programs != now.programs:
        lines.append("Set up the programs of that revision: make .venv/ready.")
    raise CannotRebuildError("\n".join(lines))
