"""A made-up moderator: a home with synthetic returns has words that others may read, and some that still wait."""

import zlib
from datetime import timedelta

from wres.batch import ledger
from wres.home import Home
from wres.moderation import APPROVED, EXPERIENCE, REFUSED, decide, waiting
from wres.sample_counts import sample_data

ROLE = "Synthetic moderation lead"
DAYS_AFTER = 28  # the last of the returns was signed off
SHARES = ((10, None), (18, REFUSED), (100, APPROVED))  # in a hundred, up to which; the first are left to wait


def moderate_sample(home: Home) -> int:
    """Decide on most of what waits of synthetic returns, always alike, and return how many texts that were.

    The caller holds the home's lock.
    """
    received = ledger(home.batches).to_pandas()
    made_up = received[received["is_synthetic"].eq(True)]
    lines = waiting(home)
    lines = lines[lines["submission_id"].isin(set(made_up["submission_id"]))]
    chosen = {name: _decision(name) for name in lines["name"]}
    decisions = {name: decision for name, decision in chosen.items() if decision}
    if not decisions:
        return 0
    quotations = sample_data("accounts").set_index("account")["quotation"]
    quotable = lines[
        lines["topic"].eq(EXPERIENCE)
        & lines["may_be_quoted"].eq("yes")
        & lines["words"].isin(quotations.index)
        & lines["name"].map(decisions).eq(APPROVED)
    ]
    day = made_up["signed_off_on"].max() + timedelta(days=DAYS_AFTER)
    quoted = dict(zip(quotable["name"], quotable["words"].map(quotations), strict=True))
    return decide(home, decisions, day, ROLE, quoted)


def _decision(name: str) -> str | None:
    chance = zlib.crc32(name.encode()) % 100
    return next(decision for up_to, decision in SHARES if chance < up_to)
