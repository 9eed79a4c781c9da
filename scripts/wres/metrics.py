"""Ask for metrics: MetricFlow's `mf` on a home's warehouse, asking nothing of the network."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from wres.home import Home, WresError
from wres.warehouse import dbt_environment, run_dbt


def run_metricflow(home: Home, arguments: Sequence[str]) -> None:
    """Hand ``arguments`` to MetricFlow's command line; what they mean is its own, `query` and `list` above all.

    It opens the warehouse for itself alone, so the caller holds the home's lock. Raises ``WresError`` where there is
    no warehouse to ask, and ``SystemExit`` with MetricFlow's code when it is done.
    """
    if not home.database.exists():
        raise WresError("The warehouse has not been built yet. Run `wres build`, then ask again.")
    manifest = home.target / "semantic_manifest.json"
    if not manifest.exists():  # dbt was run on its own, and wrote its artefacts somewhere else
        run_dbt(home, ["parse"])
    os.environ.update(dbt_environment(home))
    _command_line(manifest)(args=list(arguments), prog_name="wres metrics")


def _command_line(manifest: Path) -> Callable[..., None]:
    """Return MetricFlow's command line, with what it has no switch for set: it takes seconds to import."""
    from dbt_metricflow.cli import main as metricflow
    from dbt_metricflow.cli.dbt_connectors.dbt_config_accessor import dbtArtifacts
    from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest

    # It asks the package index at each start whether there is a newer version of it.
    metricflow.UpdateChecker.check = lambda *_: None
    # It looks for dbt's artefacts in the project folder; a home has its own.
    dbtArtifacts.build_semantic_manifest_from_dbt_project_root = staticmethod(
        lambda project_root: parse_manifest_from_dbt_generated_manifest(manifest.read_text(encoding="utf-8"))
    )
    return metricflow.cli
