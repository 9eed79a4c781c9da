"""dbt in a process of its own, as `wres` starts it.

python -m wres.dbt_process build
"""

import gc

# What dbt makes of a project lives until it ends. Python would look through all of it for what could go, each time that
# some hundreds of things more were made: a seventh of dbt's start.
THRESHOLDS = (200_000, 50, 1_000)


def main() -> None:
    """Run dbt's command line."""
    gc.set_threshold(*THRESHOLDS)
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
