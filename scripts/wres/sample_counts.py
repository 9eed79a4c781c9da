"""The counts of one synthetic round, for all its returns at once, by detailed ethnic group.

National totals of each measure are fixed by ``sample_targets.csv`` (white rate and relative likelihood); the
draws decide on which organisation and group the events fall, so that the nation is near the target and
organisations vary.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from wres.form import Form
from wres.reference import PROJECT, read_seed
from wres.sample_draws import Counts, allocate, round_rows, totals_near

STAFF = ("staff", "all")
# People who told of both are counted once in the joined measure.
JOINED = "harassed_by_colleagues_or_managers"
JOINED_FROM = ("harassed_by_colleagues", "harassed_by_managers")
# Spread (standard deviation of the logarithm) of organisations' rates, and of their relative likelihoods.
RATE_SPREAD = 0.30
RATIO_SPREAD = 0.20


@dataclass(frozen=True)
class Returns:
    """What the counts of a round's returns depend on; one row for each return in every array."""

    size: np.ndarray
    """Staff, whole numbers."""
    group_share: np.ndarray
    """Expected share of each detailed group, unknown last; rows sum to 1."""
    service: list[str]
    own_bands: np.ndarray
    """Number of the organisation's own pay bands."""
    rate_noise: np.ndarray
    """Standard normal, by measure: how far the organisation's rate lies from others'."""
    ratio_noise: np.ndarray
    """The same for its relative likelihood."""
    has_measure: dict[str, np.ndarray]
    """For a base that some organisations do not collect, whether each does."""
    is_withholding: np.ndarray
    """Whether the return will withhold small counts, and so stays out of national rates of rare events."""


@cache
def sample_data(name: str) -> pd.DataFrame:
    """Return one of the tables that shape the synthetic returns (``sample_<name>.csv``)."""
    return pd.read_csv(PROJECT / "scripts" / "wres" / f"sample_{name}.csv")


@cache
def groups() -> tuple[str, ...]:
    """Return the detailed ethnic groups that are drawn, with 'unknown' last."""
    return (*sample_data("groups")["ethnic_group"], "unknown")


@cache
def headline_mask(headline: str) -> np.ndarray:
    """Return which of ``groups`` belong to a headline group; 'unknown' belongs to the empty one."""
    of_group = read_seed("ethnic_group_register").set_index("ethnic_group")["headline_group"]
    return np.array([of_group[group] == headline for group in groups()])


def draw_counts(rng: np.random.Generator, form: Form, returns: Returns) -> dict[tuple[str, str], Counts]:
    """Return the counts of every column of the form, by measure and breakdown.

    Raises ``ValueError`` when the form counts a measure for which ``sample_targets.csv`` has no target.
    """
    columns = [(column.measure, column.breakdown) for sheet in form.count_sheets for column in sheet.columns]
    counts = {STAFF: round_rows(rng, returns.size[:, None] * returns.group_share)}
    bands = [breakdown for measure, breakdown in columns if measure == "staff" and breakdown != "all"]
    targets = _targets(form.year)
    if set(bands) <= set(targets.index.get_level_values("breakdown")):
        counts |= _national_bands(rng, counts[STAFF], targets, bands, returns)
    else:
        counts |= _own_bands(rng, counts[STAFF], bands, returns)
    for measure in dict.fromkeys(measure for measure, _ in columns if measure != "staff"):
        counts[measure, "all"] = _measure(rng, measure, counts, targets, returns)
    return {column: counts[column] for column in columns}


def is_rare(year: int, measure: str) -> bool:
    """Return whether so few have the event that an organisation may want to withhold its counts."""
    targets = _targets(year)
    return (measure, "all") in targets.index and targets.at[(measure, "all"), "white_rate"] < 0.02


@cache
def _targets(year: int) -> pd.DataFrame:
    targets = sample_data("targets")
    return targets[targets["collection_year"] == year].set_index(["measure", "breakdown"]).sort_index()


@cache
def _bases() -> dict[str, str]:
    measures = read_seed("measure")
    return dict(zip(measures["measure"], measures["within_measure"], strict=True))


@cache
def _measure_number(measure: str) -> int:
    return list(read_seed("measure")["measure"]).index(measure)


@cache
def _event_weight(measure: str) -> np.ndarray:
    """Return by group how likely the event is, next to other groups of the same headline group."""
    definitions = read_seed("indicator_register").set_index("numerator_measure")["adverse_when"]
    weight = np.append(sample_data("groups")["adverse_weight"].to_numpy(), 1.0)
    if measure not in definitions:
        return np.ones(len(weight))
    return weight if "above" in set(definitions[[measure]]) else 1 / weight


def _weight(measure: str, returns: Returns) -> np.ndarray:
    number = _measure_number(measure)
    rate = np.exp(RATE_SPREAD * returns.rate_noise[:, number])[:, None]
    ratio = np.exp(RATIO_SPREAD * returns.ratio_noise[:, number])[:, None]
    weight = rate * np.where(headline_mask("minority_ethnic"), ratio, 1.0) * _event_weight(measure)
    if measure == "regulated_professionals":
        by_service = sample_data("services").set_index("service")["regulated_weight"]
        weight = weight * by_service[returns.service].to_numpy()[:, None]
    return weight


def _measure(
    rng: np.random.Generator,
    measure: str,
    counts: dict[tuple[str, str], Counts],
    targets: pd.DataFrame,
    returns: Returns,
) -> Counts:
    if (measure, "all") not in targets.index:
        raise ValueError(f"scripts/wres/sample_targets.csv has no target for the measure '{measure}' of the form.")
    target = targets.loc[(measure, "all")]
    base = counts[_bases()[measure] or "staff", "all"]
    if measure == JOINED:
        return _joined(rng, *(counts[part, "all"] for part in JOINED_FROM), base, target)
    weight = _weight(measure, returns)
    if measure in returns.has_measure:
        base = base * returns.has_measure[measure][:, None]
    if not _bases()[measure]:
        # Applicants are no part of the staff: their number has no upper limit.
        ratio = np.where(headline_mask("minority_ethnic"), target["relative_likelihood"], 1.0)
        return rng.poisson(base * weight * target["white_rate"] * ratio)
    events = np.zeros_like(base)
    for is_out in (False, True):
        rows = (returns.is_withholding & (target["white_rate"] < 0.02)) == is_out
        events[rows] = _near_target(rng, base[rows], weight[rows], target)
    return events


def _near_target(rng: np.random.Generator, base: Counts, weight: np.ndarray, target: pd.Series) -> Counts:
    """Return events whose national rates are near the target's white rate and relative likelihood."""
    events = np.zeros_like(base)
    for mask, number in _group_totals(base, target):
        events[:, mask] = allocate(rng, number, base[:, mask], weight[:, mask])
    return events


def _group_totals(base: Counts, target: pd.Series) -> list[tuple[np.ndarray, int]]:
    """Return each headline group's columns and national events; unknown ones are as likely as white ones."""
    white, minority, unknown = (headline_mask(group) for group in ("white", "minority_ethnic", ""))
    total, reference_total = totals_near(
        target["white_rate"],
        target["relative_likelihood"],
        int(base[:, minority].sum()),
        int(base[:, white].sum()),
    )
    unknown_total = round(target["white_rate"] * base[:, unknown].sum())
    return [(white, reference_total), (minority, total), (unknown, unknown_total)]


def _joined(rng: np.random.Generator, first: Counts, second: Counts, base: Counts, target: pd.Series) -> Counts:
    """Return people in either count, each once: at least the larger, at most both together and the base."""
    fewest, most = np.maximum(first, second), np.minimum(first + second, base)
    joined = fewest.copy()
    for mask, number in _group_totals(base, target):
        room = most[:, mask] - fewest[:, mask]
        joined[:, mask] += allocate(rng, number - int(fewest[:, mask].sum()), room, np.ones(room.shape))
    return joined


def _national_bands(
    rng: np.random.Generator, staff: Counts, targets: pd.DataFrame, bands: list[str], returns: Returns
) -> dict[tuple[str, str], Counts]:
    """Return staff by national pay band; the largest band takes whoever is in no other."""
    limits = read_seed("pay_band_register").set_index("pay_band")["lower_limit"]
    not_known = [band for band in bands if not limits[band]]
    known = sorted((band for band in bands if limits[band]), key=lambda band: targets.at[("staff", band), "white_rate"])
    noise = returns.rate_noise[:, _measure_number("senior_managers")][:, None]
    counts: dict[tuple[str, str], Counts] = {}
    left = staff
    for band in not_known:
        # A few organisations lack many salaries; most lack none.
        weight = np.where(noise > 1, 1.0, 1e-6) * np.ones(staff.shape)
        counts["staff", band] = _near_target(rng, left, weight, targets.loc[("staff", band)])
        left = left - counts["staff", band]
    with_band = left
    for band in known[:-1]:
        weight = np.exp(RATE_SPREAD * noise * (1 if band == known[0] else -0.3)) * np.ones(staff.shape)
        # The target is a share of everyone with a band; the draw is among those who have none yet.
        wanted = targets.loc[("staff", band)].copy()
        wanted["white_rate"] *= with_band[:, headline_mask("white")].sum() / left[:, headline_mask("white")].sum()
        wanted["relative_likelihood"] *= _rate_of_rest(with_band, left)
        counts["staff", band] = _near_target(rng, left, weight, wanted)
        left = left - counts["staff", band]
    counts["staff", known[-1]] = left
    return counts


def _rate_of_rest(everyone: Counts, left: Counts) -> float:
    """Return the white share of staff still without a band next to the minority ethnic share."""
    white, minority = (
        left[:, headline_mask(group)].sum() / everyone[:, headline_mask(group)].sum()
        for group in ("white", "minority_ethnic")
    )
    return white / minority


def _own_bands(
    rng: np.random.Generator, staff: Counts, bands: list[str], returns: Returns
) -> dict[tuple[str, str], Counts]:
    """Return staff by own band: most in the lower middle, minority ethnic staff a little lower."""
    number = np.arange(len(bands))
    bands_of = returns.own_bands[:, None]
    shape = np.exp(-((number - 0.35 * bands_of) ** 2) / (2 * (bands_of / 4) ** 2)) * (number < bands_of)
    tilt = np.exp(-0.10 * number * headline_mask("minority_ethnic")[:, None])
    chances = shape[:, None, :] * tilt[None, :, :]
    chances /= chances.sum(axis=2, keepdims=True)
    drawn = rng.multinomial(staff, chances)
    return {("staff", band): drawn[:, :, position] for position, band in enumerate(bands)}
