"""What an open release says of itself: the facts that its bundle is written from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from wres.dictionary import Exposure

OPEN_RELEASE = "open_release"


@dataclass(frozen=True)
class OpenRelease:
    """One open release; its title, description, owner, tables and licence are those of the ``exposure``.

    ``scope`` says in words what is in it, and ``left_out`` in a sentence each what is not and why. ``gate_summary`` is
    the protection summary, in Markdown.
    """

    release_id: str
    date: date
    is_synthetic: bool
    label: str
    threshold: int
    scope: str
    left_out: tuple[str, ...]
    gate_summary: str
    code_revision: str | None
    inputs_sha256: str
    exposure: Exposure

    @property
    def title(self) -> str:
        """The title under which people find the release; made-up figures are called so first."""
        return f"{'Synthetic: ' if self.is_synthetic else ''}{self.exposure.title}"

    @property
    def licence(self) -> Mapping[str, str]:
        """The ``name``, ``title`` and ``path`` of the licence."""
        return self.exposure.meta["licence"]

    @property
    def attribution(self) -> str:
        """What whoever uses the release is asked to say."""
        return (
            f"Contains information of the {self.exposure.owner}, “{self.title}”, release {self.release_id}, "
            f"under the {self.licence['title']}."
        )
