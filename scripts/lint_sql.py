"""Check the style of every SQL file with sqlfluff: in a fresh clone all of them, then those that have changed.

``sqlfluff lint`` hands the whole tree of a file from process to process, and keeps nothing for the next time. This
calls the same library with the same settings (.sqlfluff), and hands on what was found.
"""

import gc
import hashlib
import multiprocessing
import os
import sys
from collections.abc import Callable
from pathlib import Path

from sqlfluff.core import FluffConfig, Linter
from sqlfluff.core.linter.discovery import paths_from_path
from sqlfluff.core.parser import BaseSegment
from sqlfluff.utils.reflow.depthmap import DepthMap

from wres.reference import PROJECT

FOLDERS = ("models", "snapshots", "tests/singular", "analyses")
# What is found in a file depends on these too: what dbt makes of it, and the versions of dbt and sqlfluff.
BESIDE = (
    *(".sqlfluff", "dbt_project.yml", "profiles.yml", "requirements.lock", "scripts/lint_sql.py"),
    *("macros/**/*.sql", "models/**/*.yml", "seeds/**/*.yml", "snapshots/**/*.yml", "tests/**/*.yml"),
)
WORK = PROJECT / "target" / "lint"
PROCESSES = 2


def main() -> int:
    """Say what was found; return 1 where something was."""
    os.chdir(PROJECT)
    files = [path for folder in FOLDERS for path in paths_from_path(folder)]
    keys = dict(zip(files, hashes(PROJECT, files), strict=True))
    kept = WORK / "sound"
    sound = set(kept.read_text().split()) if kept.exists() else set()
    changed = [path for path in files if keys[path] not in sound]
    found = lint(changed)
    kept.write_text("".join(f"{keys[path]}\n" for path in files if not found.get(path)))
    lines = [f"{path}:{finding}" for path in sorted(found) for finding in found[path]]
    print("\n".join([*lines, f"{len(files)} SQL files, {len(changed)} of them new or changed: {len(lines)} to mend"]))
    return 1 if lines else 0


def hashes(project: Path, files: list[str]) -> list[str]:
    """Return a hash for each file, of its name, its text and all that lies beside."""
    beside = hashlib.sha256(sys.version.encode())
    for path in sorted(path for pattern in BESIDE for path in project.glob(pattern)):
        beside.update(b"\0".join((path.relative_to(project).as_posix().encode(), path.read_bytes(), b"")))
    return [
        hashlib.sha256(b"\0".join((beside.digest(), path.encode(), (project / path).read_bytes()))).hexdigest()
        for path in files
    ]


def lint(files: list[str]) -> dict[str, list[str]]:
    """Return what is found in each file."""
    WORK.mkdir(parents=True, exist_ok=True)
    if not files:
        return {}
    linter = Linter(config=FluffConfig.from_root())
    # dbt reads the project here, once, before the processes part.
    files = list(linter.templater.sequence_files(files, config=linter.config))
    # A tree goes when its file is done; to look for what else could go, again and again, is a third of the time.
    gc.freeze()
    gc.disable()
    DepthMap.from_parent = kept_for_one(DepthMap.from_parent)
    with multiprocessing.get_context("fork").Pool(PROCESSES, start, [linter]) as pool:
        return dict(pool.imap_unordered(lint_file, files))


def kept_for_one(make: Callable[[BaseSegment], DepthMap]) -> Callable[[BaseSegment], DepthMap]:
    """Keep the last map of depths: four rules make it of the same tree, which is another third of the time."""
    kept: list = [None, None]

    def depth_map(tree: BaseSegment) -> DepthMap:
        if kept[0] is not tree:
            kept[:] = [tree, make(tree)]
        return kept[1]

    return depth_map


def start(linter: Linter) -> None:
    """Give a process its linter and a home of its own: one process at a time may write to a DuckDB database."""
    lint_file.linter = linter
    os.environ["WRES_HOME"] = str(WORK / multiprocessing.current_process().name)


def lint_file(path: str) -> tuple[str, list[str]]:
    """Return a file and what is found in it."""
    linter: Linter = lint_file.linter
    rendered = linter.render_file(path, linter.config)
    linted = linter.lint_rendered(rendered, linter.get_rulepack(rendered.config))
    found = [f"{one.line_no}:{one.line_pos}: {one.rule_code()} {one.desc()}" for one in linted.get_violations()]
    if linted.tree is None and not found:
        found = ["1:1: TMP dbt could not compile it"]
    gc.collect()
    return path, found


if __name__ == "__main__":
    sys.exit(main())
