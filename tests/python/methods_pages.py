"""The pages under docs/methods, taken apart: their examples are run, and held to be portable."""

import re
from dataclasses import dataclass
from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "docs" / "methods"
INDEX = "README"
EXAMPLE = re.compile(r"^```sql\n(.*?)^```\n\s*^```result\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A query of a page, and the table printed under it."""

    page: str
    number: int
    sql: str
    printed: str

    @property
    def name(self) -> str:
        """The page and the place on it, as one word."""
        return f"{self.page}_{self.number}".replace("-", "_")


def pages() -> dict[str, str]:
    """Return the text of every page by its name, the index apart."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(PAGES.glob("*.md")) if path.stem != INDEX}


def examples() -> list[Example]:
    """Return every example of every page, in order."""
    return [
        Example(page, number, *blocks)
        for page, text in pages().items()
        for number, blocks in enumerate(EXAMPLE.findall(text), 1)
    ]
