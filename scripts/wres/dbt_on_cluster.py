"""dbt on a Spark cluster, with a client that takes a server for lost in seconds: by itself it asks for ten minutes.

python -m wres.dbt_on_cluster build --target spark
"""

import os
import time

from pyspark.sql.connect.client.retries import DefaultPolicy
from pyspark.sql.connect.session import SparkSession

from wres import dbt_process

PATIENCE = 30  # seconds that a server may be away


class OneOutage(DefaultPolicy):
    """Spark's own policy, but a server that is away is waited for once, and not by each statement anew."""

    def __init__(self) -> None:
        """Ask every few seconds, for as long as ``can_retry`` allows."""
        super().__init__(max_retries=None, max_backoff=5000)
        self.began = self.last = -float("inf")
        self.is_lost = False

    def can_retry(self, e: BaseException) -> bool:
        """Return whether to ask again: never again once the server has been away for too long."""
        if self.is_lost or not super().can_retry(e):
            return False
        now = time.monotonic()
        if now - self.last > PATIENCE:  # it was there in between
            self.began = now
        self.last = now
        self.is_lost = now - self.began > PATIENCE
        return not self.is_lost


def main() -> None:
    """Run dbt: its connections find the session that this process has already."""
    session = SparkSession.builder.remote(os.environ["SPARK_REMOTE"]).getOrCreate()
    session.client.set_retry_policies([OneOutage()])
    dbt_process.main()


if __name__ == "__main__":
    main()
