"""What is hidden in an open release, on a small made-up universe: enough, no more than needed, and proved by the gate.

Every number here is synthetic.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from wres.attacker import Attack
from wres.disclosure import Target, Universe
from wres.gate import Audit, audit
from wres.home import Home
from wres.releases import incoming
from wres.suppress import Pattern, Search

FULL = os.environ.get("WRES_TEST_FULL") == "1"
SERVICES = ("adults", "children")
REGIONS = {"North": 5, "South": 4, "West": 4}


def universe(seed: int, threshold: int = 10, without_consent: tuple[str, ...] = (), earlier: bool = False) -> Universe:
    """Return organisations in regions with two services: staff, and events among them, of two groups.

    ``earlier``: everything that is not small was released before.
    """
    random = np.random.default_rng(seed)
    rows = []
    for region, organisations in REGIONS.items():
        for number in range(organisations):
            for service in SERVICES:
                for group, size in (("minority_ethnic", 60), ("white", 300)):
                    staff = int(random.integers(size // 10, size))
                    events = int(random.binomial(staff, 0.15))
                    rows += [
                        (region, f"{region}{number}", service, group, *pair)
                        for pair in (("staff", staff), ("events", events))
                    ]
    counts = pd.DataFrame(rows, columns=["region", "organisation_code", "service", "group", "measure", "people"])
    counts["count_id"] = counts.drop(columns=["people", "region"]).agg("|".join, axis=1)
    counts["is_consent_given"] = ~counts["organisation_code"].isin(without_consent)
    counts["is_old"] = False
    cells, members = [], []
    for group, of_group in counts.groupby("group"):
        for measure, of in of_group.groupby("measure"):
            for service in (*SERVICES, "all"):
                part = of if service == "all" else of[of["service"] == service]
                levels = [("national", "England", part)]
                levels += [("region", name, rows) for name, rows in part.groupby("region")]
                levels += [("organisation", name, rows) for name, rows in part.groupby("organisation_code")]
                for level, name, rows in levels:
                    cells.append((f"{level}|{name}|{service}|{measure}|{group}", level, name, service, measure, group))
                    members.append(rows.index.to_numpy())
    frame = pd.DataFrame(cells, columns=["cell_id", "area_level", "name", "service", "measure", "group"])
    row = np.repeat(np.arange(len(members)), [len(of) for of in members])
    sums = sparse.csr_matrix((np.ones(len(row)), (row, np.concatenate(members))), shape=(len(frame), len(counts)))
    frame["people"] = (sums @ counts["people"].to_numpy(float)).astype(int)
    frame["figures"] = 1
    withheld = frame["name"].isin(without_consent)
    small = frame["people"].between(1, threshold - 1)
    frame["reason"] = np.where(withheld, "withheld", np.where(small, "small", None))
    frame["is_settled"] = earlier & frame["reason"].isna()
    frame["unit"] = frame.groupby(["area_level", "name", "service", "measure"]).ngroup()
    at = frame.reset_index().pivot_table(
        index=["area_level", "name", "service", "group"], columns="measure", values="index"
    )
    implied = np.unique(frame["unit"].to_numpy()[at[["staff", "events"]].to_numpy(int)], axis=0)
    places = counts.pivot_table(
        index=["organisation_code", "service", "group"],
        columns="measure",
        values="people",
        aggfunc=lambda of: of.index[0],
    ).to_numpy()
    at_least = sparse.csr_matrix(
        (np.tile([-1.0, 1.0], len(places)), (np.repeat(np.arange(len(places)), 2), places.ravel().astype(int))),
        shape=(len(places), len(counts)),
    )
    targets = [
        Target(
            reason,
            dict.fromkeys(map(int, members[cell]), 1.0),
            float(frame["people"].iloc[cell]),
            float(threshold),
            int(cell),
        )
        for cell, reason in frame["reason"].items()
        if isinstance(reason, str)
    ]
    for events, staff in at[["events", "staff"]].to_numpy(int):
        left = frame["people"].iloc[staff] - frame["people"].iloc[events]
        if frame["people"].iloc[events] and left < threshold:
            weights = dict.fromkeys(map(int, members[staff]), 1.0) | dict.fromkeys(map(int, members[events]), -1.0)
            targets.append(Target("rest", weights, float(left), float(threshold)))
    return Universe(counts, frame, sums, at_least, np.zeros(len(places)), implied, targets, threshold)


@pytest.fixture(scope="module", params=[(1, 10, ()), (2, 5, ()), (3, 8, ("North1",)), (4, 10, ("South0", "West2"))])
def solved(request: pytest.FixtureRequest) -> Iterator[tuple[Universe, Pattern, Search, Audit]]:
    seed, threshold, without_consent = request.param
    made = universe(seed, threshold, without_consent)
    search = Search(made, workers=1)
    pattern = search.run()
    yield made, pattern, search, audit(made, pattern.is_open, search.proofs.found)


def test_every_protected_count_passes_the_gate(solved: tuple[Universe, Pattern, Search, Audit]):
    made, pattern, _, found = solved
    assert found.is_passed
    assert len(found.targets) >= len(made.targets)
    assert found.targets["insiders"].max() > 0
    outside = found.targets[found.targets["kind"] != "hidden"]
    assert (outside["greatest_whole"] - outside["least_whole"] >= made.threshold).all()
    assert (outside["greatest_whole"] >= made.threshold).all()
    assert not pattern.is_open[made.cells["reason"].notna()].any()
    assert pattern.is_open[made.cells["area_level"] == "national"].mean() > 0.5  # not by hiding everything


def test_the_gate_needs_no_help_of_the_search(solved: tuple[Universe, Pattern, Search, Audit]):
    made, pattern, _, found = solved
    alone = audit(made, pattern.is_open)
    assert alone.is_passed
    columns = ["kind", "value", "least", "greatest", "insiders_who_know"]
    pd.testing.assert_frame_equal(alone.targets[columns], found.targets[columns], rtol=1e-6)


def test_no_hidden_count_could_be_shown(solved: tuple[Universe, Pattern, Search, Audit]):
    """Open what is hidden for the sake of others, one at a time: the gate fails each time."""
    made, pattern, search, _ = solved
    unit = made.cells["unit"].to_numpy()
    secondary = sorted(set(unit[~pattern.is_open].tolist()) - set(np.flatnonzero(search.must_hide).tolist()))
    base_of = {
        int(events): set(made.implied[made.implied[:, 1] == events, 0].tolist()) for events in made.implied[:, 1]
    }
    hidden = set(unit[~pattern.is_open].tolist())
    mutable = [one for one in secondary if not base_of.get(one, set()) & hidden]  # else hidden with its base
    assert mutable
    for one in np.random.default_rng(0).permutation(mutable)[: None if FULL else 2]:
        assert not audit(made, pattern.is_open | (unit == one)).is_passed


def test_a_pattern_that_hides_only_what_is_small_fails():
    made = universe(1)
    assert not audit(made, made.cells["reason"].isna().to_numpy()).is_passed


def test_a_proof_that_does_not_fit_is_not_believed():
    """Counts that contradict what is open prove nothing."""
    made = universe(1)
    is_open = made.cells["reason"].isna().to_numpy()
    lies = [{count: float(made.threshold) for count in target.weights} for target in made.targets]
    assert not audit(made, is_open, lies).is_passed


def test_events_are_hidden_with_their_base():
    made = universe(1)
    pattern = Search(made, workers=1).run()
    hidden = np.zeros(len(made.cost), bool)
    hidden[made.cells["unit"].to_numpy()[~pattern.is_open]] = True
    base, events = made.implied.T
    assert hidden[base].any()
    assert hidden[events[hidden[base]]].all()


def test_nobody_can_narrow_down_who_did_not_consent():
    made = universe(4, without_consent=("South0", "West2"))
    pattern = Search(made, workers=1).run()
    attack = Attack(made.knowledge(pattern.is_open))
    for count in made.counts.index[~made.counts["is_consent_given"]]:
        ends = [attack.reach({int(count): 1.0}, up, whole=True).change for up in (True, False)]
        assert ends[0] - ends[1] >= made.threshold


def test_what_was_released_stays_open_and_what_it_gave_away_is_said():
    made = universe(1, earlier=True)
    pattern = Search(made, workers=1).run()
    assert pattern.is_open[made.cells["is_settled"]].all()
    assert pattern.lost
    assert not audit(made, pattern.is_open).is_passed
    assert all(target in made.targets for target in pattern.lost)


def test_the_same_universe_gives_the_same_pattern():
    made = universe(3, 8, ("North1",))
    one, other = (Search(made, workers=1).run().is_open for _ in range(2))
    assert (one == other).all()


def test_a_release_that_was_cut_off_is_none(tmp_path: Path):
    """Releases are in the order of their days and numbers; the folder in which one was made is not among them."""
    home = Home(tmp_path)
    for name in ("2026-03-31-10", "2026-03-31-2", "2025-11-01-1"):
        (home.open_releases / name).mkdir(parents=True)
    with pytest.raises(KeyError), incoming(home.open_releases) as place:
        (place / "2026-04-01-1").mkdir()
        raise KeyError
    (home.open_releases / place.name / "2026-04-01-1").mkdir(parents=True)
    assert home.open_release_ids == ["2025-11-01-1", "2026-03-31-2", "2026-03-31-10"]
