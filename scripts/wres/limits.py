"""How much of a file is read: the seed `reading_limit`."""

from functools import cache

from wres.reference import read_seed


@cache
def limit(name: str) -> int:
    """Return one limit; raises ``KeyError`` where the seed has none of that name."""
    return int(read_seed("reading_limit").set_index("reading_limit").at[name, "amount"])
