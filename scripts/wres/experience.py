"""The store of accounts of experience: their words stay in it, apart from everything, for the owner alone."""

import pandas as pd

from wres.home import Home

COLUMNS = ["submission_id", "row_number", "theme", "indicators", "account"]


def keep(home: Home, accounts: pd.DataFrame) -> None:
    """Keep accounts, in the columns above, one file for each return, for the owner alone."""
    for submission_id, rows in accounts.groupby("submission_id"):
        path = home.experience / f"{submission_id}.json"
        part = path.with_name(f".{path.name}.part")
        part.touch(mode=0o600)
        rows[COLUMNS].to_json(part, orient="records", force_ascii=False)
        part.rename(path)


def kept(home: Home) -> pd.DataFrame:
    """Return every account kept, in the columns above."""
    frames = [pd.read_json(path, orient="records", dtype=False) for path in sorted(home.experience.glob("*.json"))]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS, dtype=object)
