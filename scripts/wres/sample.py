"""Synthetic returns: made-up figures for real organisations, always the same for the same arguments.

Sizes and ethnic make-up follow real local figures (``sample_areas.csv``), national rates the published
headlines (``sample_targets.csv``). Some returns are late, are corrected, lack a survey or withhold counts.

The tables behind it, one a file: ``sample_rounds`` (how many organisations a year, and published totals),
``sample_participants`` (who takes part in a year whatever the draw), ``sample_services`` (staff per resident
or social worker), ``sample_areas`` (real sizes and local make-up), ``sample_groups`` (detailed groups),
``sample_schemes`` (ethnic detail), ``sample_targets`` (national rates: published, or plausible where
nothing is) and ``sample_actions`` (what plans say).
"""

import re
import zlib
from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from wres.form import Entry, form_for, form_schemes, group_rows, round_of, write_form
from wres.organisations import Organisation, organisations_on
from wres.reference import read_seed
from wres.sample_counts import Returns, draw_counts, groups, headline_mask, is_rare, sample_data
from wres.sample_draws import whole_sum

DEFAULT_SEED = 2026
SMALLEST_STAFF = 12
SIZE_SPREAD = 0.15
SHARE_SPREAD = 0.25
UNKNOWN_SPREAD = 0.5
YEARLY_SIZE_SPREAD = 0.02
YEARLY_SHARE_SPREAD = 0.04
# Chances, for one organisation or return.
CHANGES_SCHEME = 0.08
HAS_NATIONAL_LIMITS = 0.4
LACKS_RECRUITMENT = 0.05
WITHHOLDS = 0.05
IS_LATE = 0.07
IS_CORRECTED = 0.06
CONSENTS = 0.85
# Whole months from the snapshot to the close of the collection: most count at the end of the financial year.
MONTHS_BEFORE = (1, 2, 3, 6, 6, 6, 6, 6, 6, 6)
LARGEST_WITHHELD = 4
HAS_PLAN = 0.6
MOST_ACTIONS = 4
TELLS_OF_PRACTICE = 0.2
LETS_PRACTICE_BE_SHARED = 0.9
SHARES_ACCOUNTS = 0.3
MOST_ACCOUNTS = 4
LETS_BE_QUOTED = 0.5


@dataclass(frozen=True)
class SampleReturn:
    """One synthetic workbook: who gives it, for what, and every entry of its cover and count sheets."""

    year: int
    organisation_code: str
    service: str
    scheme: str
    version: int
    cover: dict[str, Entry | date]
    values: dict[tuple[str, str], list[Entry]]
    records: dict[str, list[dict[str, Entry | date]]]

    @property
    def file_name(self) -> str:
        """Name of the workbook's file."""
        organisation = re.sub(r"[^A-Za-z0-9]+", "-", self.organisation_code)
        return f"sc-wres-{self.year}-{organisation}-{self.service}-v{self.version}-synthetic.xlsx"


def sample_years() -> tuple[int, ...]:
    """Return the collection years for which synthetic returns can be made."""
    return tuple(int(year) for year in sample_data("rounds")["collection_year"])


def write_sample(
    out: Path,
    seed: int = DEFAULT_SEED,
    years: Iterable[int] | None = None,
    organisations: int | None = None,
    progress: Callable[[int, int, Path], None] | None = None,
) -> list[Path]:
    """Write the synthetic returns as workbooks into ``out`` and return their paths.

    ``organisations`` replaces the number of organisations of each year. ``progress`` is called after each
    workbook with how many are written, how many there will be, and its path. Raises ``ValueError``, naming
    what is allowed, for a year without a sample and for more organisations than there are.
    """
    returns = plan_sample(seed, years, organisations)
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, one in enumerate(returns, 1):
        path = out / one.file_name
        write_form(
            path,
            one.year,
            one.organisation_code,
            one.service,
            one.scheme,
            values=one.values,
            records=one.records,
            cover=one.cover,
            version=one.version,
            synthetic=True,
        )
        paths.append(path)
        if progress:
            progress(number, len(returns), path)
    return paths


def plan_sample(
    seed: int = DEFAULT_SEED, years: Iterable[int] | None = None, organisations: int | None = None
) -> list[SampleReturn]:
    """Return what ``write_sample`` writes, by year, organisation, service and version."""
    wanted = sorted(set(years)) if years is not None else list(sample_years())
    unknown = [year for year in wanted if year not in sample_years()]
    if unknown:
        allowed = ", ".join(str(year) for year in sample_years())
        raise ValueError(f"There is no sample for {', '.join(map(str, unknown))}. Years with a sample: {allowed}.")
    return [one for year in wanted for one in _plan_year(seed, year, organisations)]


@dataclass(frozen=True)
class _Taker:
    """One organisation's return for one service."""

    organisation: Organisation
    service: str

    @property
    def key(self) -> tuple[str, ...]:
        """What stays the same when an authority's code changes: the areas that it is made of."""
        areas = {base for areas in self.organisation.areas.values() for area in areas for base in _base_areas(area)}
        return tuple(sorted(areas)) or (self.organisation.code,)


@dataclass(frozen=True)
class _Traits:
    """What is lasting about an organisation; normal deviates unless named otherwise."""

    joins: float
    size: dict[str, float]
    share: dict[str, float]
    unknown: dict[str, float]
    chance: dict[str, float]
    """Uniform, by question."""
    own_bands: int
    band_limits: tuple[int, ...]
    group_noise: np.ndarray
    rate_noise: dict[str, np.ndarray]
    ratio_noise: dict[str, np.ndarray]


@cache
def _traits(seed: int, key: tuple[str, ...]) -> _Traits:
    # One stream for each organisation: who else takes part changes nothing about it.
    rng = np.random.default_rng([seed, zlib.crc32(" ".join(key).encode())])
    services = list(sample_data("services")["service"])
    measures = len(read_seed("measure"))
    questions = ("scheme", "snapshot", "survey", "recruitment", "consent")
    bands = int(rng.integers(4, 9))
    limits = 18000 + 500 * np.cumsum(np.append(0, rng.integers(8, 24, size=7)))
    joins = rng.normal()
    size, share, unknown = ({service: rng.normal() for service in services} for _ in range(3))
    chance = {question: rng.random() for question in questions}
    return _Traits(
        joins=joins,
        size=size,
        share=share,
        unknown=unknown,
        chance=chance,
        own_bands=bands,
        band_limits=_band_limits(limits[:bands], chance["snapshot"]),
        group_noise=rng.normal(size=len(groups())),
        rate_noise={service: rng.normal(size=measures) for service in services},
        ratio_noise={service: rng.normal(size=measures) for service in services},
    )


def _band_limits(limits: np.ndarray, chance: float) -> tuple[int, ...]:
    """Return own pay bands' lower limits; some organisations have later national limits among theirs."""
    limits = limits.copy()
    if chance < HAS_NATIONAL_LIMITS:
        bands = read_seed("pay_band_register").query("scheme == 'national' and lower_limit not in ('', '0')")
        placed: list[int] = []
        for national in sorted(bands["lower_limit"].astype(int), reverse=True):
            # From the top down, each in place of the nearest limit that is not yet one of them.
            distance = np.where(np.isin(limits, placed), np.inf, np.abs(limits - national))
            limits[distance.argmin()] = national
            placed.append(national)
        limits.sort()
    return tuple(int(limit) for limit in limits)


@cache
def _base_areas(area_code: str) -> tuple[str, ...]:
    """Return an area as areas of ``sample_areas.csv``: itself, else what followed or preceded it."""
    known = set(sample_data("areas")["area_code"])
    changes = read_seed("area_change")
    if area_code in known:
        return (area_code,)
    successors = changes[changes["predecessor_code"] == area_code]["successor_code"]
    predecessors = changes[changes["successor_code"] == area_code]["predecessor_code"]
    return tuple(sorted(known & {*successors, *predecessors}))


def _takers(seed: int, year: int, organisations: int | None) -> list[_Taker]:
    """Return who gives a return for what; all give the first service, some the second too."""
    plan = sample_data("rounds").set_index("collection_year").loc[year]
    fixed = sample_data("participants")
    first, second = sample_data("services")["service"]
    known = {
        code: organisation
        for code, organisation in sorted(organisations_on(round_of(year)[0]).items())
        if first in organisation.services
    }
    number = int(plan["organisations"]) if organisations is None else organisations
    if not 1 <= number <= len(known):
        raise ValueError(f"The number of organisations must be from 1 to {len(known)} in {year}, not {number}.")
    noise = np.random.default_rng([seed, year, 1]).normal(size=(len(known), 2))
    regulars = set(fixed["organisation_code"])
    keen = {
        code: _traits(seed, _Taker(known[code], first).key).joins + 0.4 * noise[row, 0] + (code in regulars)
        for row, code in enumerate(known)
    }
    invited = list(fixed[fixed["collection_year"] == year]["organisation_code"])
    others = sorted((code for code in known if code not in invited), key=lambda code: -keen[code])
    taking_part = sorted([*invited, *others][:number])

    rows = {code: row for row, code in enumerate(known)}
    keen_twice = sorted(
        (code for code in taking_part if second in known[code].services),
        key=lambda code: -(_traits(seed, _Taker(known[code], first).key).size[second] + noise[rows[code], 1]),
    )
    twice = set(keen_twice[: round(int(plan["both_services"]) * number / int(plan["organisations"]))])
    return [
        _Taker(known[code], service)
        for code in taking_part
        for service in (first, second)
        if service == first or code in twice
    ]


def _plan_year(seed: int, year: int, organisations: int | None) -> list[SampleReturn]:
    takers = _takers(seed, year, organisations)
    rng = np.random.default_rng([seed, year, 2])
    returns = _returns(rng, seed, year, takers)
    counts = draw_counts(np.random.default_rng([seed, year, 3]), form_for(year), returns)
    schemes = _schemes(seed, year, takers)
    covers = _covers(rng, seed, year, takers)
    is_corrected = rng.random(len(takers)) < IS_CORRECTED

    planned = []
    for row, taker in enumerate(takers):
        own = {column: numbers[row] for column, numbers in counts.items()}
        blanks = _Blanks(
            year=year,
            uncollected=frozenset(measure for measure, has in returns.has_measure.items() if not has[row]),
            is_withholding=bool(returns.is_withholding[row]),
            own_bands=int(returns.own_bands[row]),
        )
        entries = _entries(schemes[row], own, blanks)
        records = _records(seed, year, taker, covers[row]["snapshot_date"])
        one = SampleReturn(year, taker.organisation.code, taker.service, schemes[row], 1, covers[row], entries, records)
        if is_corrected[row]:
            planned.append(replace(one, values=_entries(schemes[row], *_first_attempt(rng, own, blanks))))
            later = one.cover["signed_off_on"] + timedelta(days=int(rng.integers(7, 36)))
            planned.append(replace(one, version=2, cover=one.cover | {"signed_off_on": later}))
        else:
            planned.append(one)
    return planned


def _year_noise(seed: int, year: int, takers: list[_Taker]) -> np.ndarray:
    return np.random.default_rng([seed, year, 4]).normal(size=(len(takers), 2))


def _expected_size(seed: int, year: int, takers: list[_Taker]) -> np.ndarray:
    """Return staff before scaling to the published totals."""
    services = sample_data("services").set_index("service")
    areas = sample_data("areas").set_index("area_code")
    outsiders = sample_data("participants").groupby("organisation_code")["residents"].max()
    noise = _year_noise(seed, year, takers)[:, 0]
    sizes = []
    for taker, drift in zip(takers, noise, strict=True):
        service = services.loc[taker.service]
        bases = [base for area in taker.organisation.areas[taker.service] for base in _base_areas(area)]
        people = areas.loc[bases, service["size"]].sum() if bases else outsiders[taker.organisation.code]
        spread = SIZE_SPREAD * _traits(seed, taker.key).size[taker.service] + YEARLY_SIZE_SPREAD * drift
        sizes.append(max(SMALLEST_STAFF, people * service["staff_per_size"] * np.exp(spread)))
    return np.array(sizes)


def _minority_logit(seed: int, year: int, takers: list[_Taker]) -> np.ndarray:
    """Return the log odds of being minority ethnic among staff, before the shift to the published share."""
    areas = sample_data("areas").set_index("area_code")
    outsiders = sample_data("participants").groupby("organisation_code")["minority_ethnic_share"].max()
    logits = []
    for taker, drift in zip(takers, _year_noise(seed, year, takers)[:, 1], strict=True):
        bases = [base for area in taker.organisation.areas[taker.service] for base in _base_areas(area)]
        local = areas.loc[bases]
        share = (
            np.average(local["minority_ethnic_share"], weights=local["residents"])
            if bases
            else outsiders[taker.organisation.code]
        )
        spread = SHARE_SPREAD * _traits(seed, taker.key).share[taker.service] + YEARLY_SHARE_SPREAD * drift
        logits.append(_logit(share) + spread)
    return np.array(logits)


def _unknown_share(seed: int, takers: list[_Taker]) -> np.ndarray:
    usual = sample_data("services").set_index("service")["unknown_share"]
    return np.array(
        [
            _expit(_logit(usual[taker.service]) + UNKNOWN_SPREAD * _traits(seed, taker.key).unknown[taker.service])
            for taker in takers
        ]
    )


@cache
def _calibration(seed: int) -> tuple[dict[str, float], float]:
    """Return the scale of each service's staff and the shift of the log odds that meet the published totals.

    They come from the one round that has published totals, and hold for every round.
    """
    rounds = sample_data("rounds").set_index("collection_year")
    year = int(rounds["minority_ethnic_share"].dropna().index[0])
    takers = _takers(seed, year, None)
    size = _expected_size(seed, year, takers)
    service = np.array([taker.service for taker in takers])
    scales = {name: rounds.loc[year, f"{name}_staff"] / size[service == name].sum() for name in set(service)}
    known = size * np.array([scales[name] for name in service]) * (1 - _unknown_share(seed, takers))
    logit = _minority_logit(seed, year, takers)
    low, high = -5.0, 5.0
    for _ in range(50):
        middle = (low + high) / 2
        share = (known * _expit(logit + middle)).sum() / known.sum()
        low, high = (middle, high) if share < rounds.loc[year, "minority_ethnic_share"] else (low, middle)
    return scales, low


def _returns(rng: np.random.Generator, seed: int, year: int, takers: list[_Taker]) -> Returns:
    scales, shift = _calibration(seed)
    traits = [_traits(seed, taker.key) for taker in takers]
    size = _expected_size(seed, year, takers) * np.array([scales[taker.service] for taker in takers])
    unknown = _unknown_share(seed, takers)[:, None]
    minority = _expit(_minority_logit(seed, year, takers) + shift)[:, None]
    within = np.array([_group_split(seed, taker) for taker in takers])
    is_minority = headline_mask("minority_ethnic")[:-1]
    known = np.where(is_minority, minority * within, (1 - minority) * within) * (1 - unknown)
    service = np.array([taker.service for taker in takers])
    staff = np.zeros(len(takers), dtype=np.int64)
    for name in scales:
        staff[service == name] = whole_sum(size[service == name])
    plan = sample_data("rounds").set_index("collection_year").loc[year]
    survey = np.array([one.chance["survey"] for one in traits])
    recruitment = np.array([one.chance["recruitment"] for one in traits])
    return Returns(
        size=staff,
        group_share=np.hstack([known, unknown]),
        service=list(service),
        own_bands=np.array([one.own_bands for one in traits]),
        rate_noise=np.array([one.rate_noise[taker.service] for one, taker in zip(traits, takers, strict=True)]),
        ratio_noise=np.array([one.ratio_noise[taker.service] for one, taker in zip(traits, takers, strict=True)]),
        has_measure={
            "survey_respondents": survey < plan["survey_share"],
            "shortlisted": recruitment >= LACKS_RECRUITMENT,
        },
        is_withholding=rng.random(len(takers)) < WITHHOLDS,
    )


def _group_split(seed: int, taker: _Taker) -> np.ndarray:
    """Return each known group's share of its headline group's staff, from local residents and its weight."""
    table = sample_data("groups")
    majors = read_seed("ethnic_group_register").set_index("ethnic_group")["major_group"][table["ethnic_group"]]
    areas = sample_data("areas").set_index("area_code")
    local = areas.loc[[base for base in taker.key if base in areas.index] or list(areas.index)].mean()
    of_major = np.array([1.0 if major == "white" else local[f"{major}_share"] for major in majors])
    noise = np.exp(0.25 * _traits(seed, taker.key).group_noise[:-1])
    weight = of_major * table["share_of_major"].to_numpy() * table["staff_weight"].to_numpy() * noise
    # Where few are minority ethnic, few of the white staff are of white minorities.
    is_white_minority = (majors == "white").to_numpy() & (table["ethnic_group"] != "white_british").to_numpy()
    weight = np.where(is_white_minority, weight * local["white_minority_share"] / 0.06, weight)
    is_minority = headline_mask("minority_ethnic")[:-1]
    return np.where(is_minority, weight / weight[is_minority].sum(), weight / weight[~is_minority].sum())


def _schemes(seed: int, year: int, takers: list[_Taker]) -> list[str]:
    """Return the ethnic scheme of each return: one for an organisation, that now and then changes."""
    table = sample_data("schemes").set_index("scheme")["share"]
    codes = [scheme for scheme in form_schemes() if scheme in table.index]
    ends = np.cumsum([table[code] for code in codes])
    rng = np.random.default_rng([seed, year, 5])
    organisations = list(dict.fromkeys(taker.organisation.code for taker in takers))
    draws = {code: rng.random(2) for code in organisations}

    def scheme_of(taker: _Taker) -> str:
        changes, fresh = draws[taker.organisation.code]
        chance = fresh if changes < CHANGES_SCHEME else _traits(seed, taker.key).chance["scheme"]
        return codes[int(np.searchsorted(ends[:-1], chance * ends[-1], side="right"))]

    return [scheme_of(taker) for taker in takers]


def _covers(rng: np.random.Generator, seed: int, year: int, takers: list[_Taker]) -> list[dict[str, Entry | date]]:
    opens_on, closes_on = round_of(year)
    roles = sample_data("services").set_index("service")["signed_off_role"]
    has_limits = any(field.field.startswith("own_pay_band_") for field in form_for(year).cover)
    covers = []
    for taker in takers:
        traits = _traits(seed, taker.key)
        snapshot = _month_end(closes_on, MONTHS_BEFORE[int(traits.chance["snapshot"] * len(MONTHS_BEFORE))])
        if snapshot < taker.organisation.valid_from:
            snapshot = _month_end(closes_on, min(MONTHS_BEFORE))
        first_day = max(opens_on, snapshot) + timedelta(days=10)
        in_time = first_day + timedelta(days=int(rng.integers(0, (closes_on - first_day).days + 1)))
        late = closes_on + timedelta(days=int(rng.integers(1, 26)))
        cover: dict[str, Entry | date] = {
            "snapshot_date": snapshot,
            "window_start": _month_end(snapshot, 11) + timedelta(days=1),
            "signed_off_on": late if rng.random() < IS_LATE else in_time,
            "signed_off_role": roles[taker.service],
            "consent_to_publish": "yes" if traits.chance["consent"] < CONSENTS else "no",
        }
        if has_limits:
            cover |= {f"own_pay_band_{number}_from": limit for number, limit in enumerate(traits.band_limits, 1)}
        covers.append(cover)
    return covers


def _records(seed: int, year: int, taker: _Taker, snapshot: date) -> dict[str, list[dict[str, Entry | date]]]:
    """Return the lines of the sheets of records; a plan keeps its actions from year to year, and they move on."""
    names = read_seed("theme").set_index("theme")["theme_name"]
    known = sample_data("actions")
    key = [seed, zlib.crc32(" ".join([*taker.key, taker.service]).encode())]
    lasting, yearly = np.random.default_rng([*key, 1]), np.random.default_rng([*key, year])
    records: dict[str, list[dict[str, Entry | date]]] = {}
    if lasting.random() < HAS_PLAN:
        chosen = lasting.choice(len(known), size=int(lasting.integers(1, MOST_ACTIONS + 1)), replace=False)
        begun = lasting.choice(sample_years(), size=len(chosen))
        terms = {"short": 1, "medium": 2, "long": 3}
        records["action_plan"] = [
            {
                "action_reference": f"A{number}",
                "theme": names[action["theme"]],
                "indicators": action["indicators"],
                "objective": action["objective"],
                "action": action["action"],
                "lead_role": action["lead_role"],
                "success_measure": action["success_measure"],
                "time_scale": action["time_scale"],
                "due_on": date(int(start) + terms[action["time_scale"]], 3, 31),
                "progress": _progress(year - int(start), terms[action["time_scale"]]),
            }
            for number, (action, start) in enumerate(zip(known.iloc[chosen].to_dict("records"), begun, strict=True), 1)
            if start <= year
        ]
    if yearly.random() < TELLS_OF_PRACTICE:
        action = known.iloc[int(yearly.integers(len(known)))]
        records["good_practice"] = [
            {
                "theme": names[action["theme"]],
                "indicators": action["indicators"],
                "title": f"Synthetic: {action['objective'].lower()}",
                "what_was_done": f"Synthetic: {action['action'].lower()}",
                "what_changed": f"Synthetic: {action['success_measure'].lower()}, by {snapshot:%B %Y}",
                "may_be_shared": "yes" if yearly.random() < LETS_PRACTICE_BE_SHARED else "no",
            }
        ]
    if yearly.random() < SHARES_ACCOUNTS:
        accounts = sample_data("accounts")
        can_be_quoted = "may_be_quoted" in _fields("experience", year)
        records["experience"] = [
            {
                "theme": names[account["theme"]],
                "indicators": account["indicators"],
                "account": account["account"],
                "has_agreed": "yes",
            }
            | ({"may_be_quoted": "yes" if yearly.random() < LETS_BE_QUOTED else "no"} if can_be_quoted else {})
            for account in accounts.iloc[
                yearly.integers(len(accounts), size=int(yearly.integers(1, MOST_ACCOUNTS + 1)))
            ].to_dict("records")
        ]
    return records


def _fields(topic: str, year: int) -> set[str]:
    """Return the fields that a year's form asks of each line of a sheet of records."""
    return {field.field for sheet in form_for(year).record_sheets if sheet.topic == topic for field in sheet.fields}


def _progress(years: int, term: int) -> str:
    return "not started" if years == 0 else "done" if years >= term else "under way"


def _month_end(day: date, months_before: int) -> date:
    """Return the last day of the month that ended last before ``day``, or of one that many months earlier."""
    months = day.year * 12 + day.month - 2 - months_before
    year, month = divmod(months, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1])


@dataclass(frozen=True)
class _Blanks:
    """What a return has words for, in place of counts."""

    year: int
    uncollected: frozenset[str]
    """Bases that the organisation does not collect, with everything counted within them."""
    is_withholding: bool
    own_bands: int


def _entries(scheme: str, counts: dict[tuple[str, str], np.ndarray], blanks: _Blanks) -> dict:
    """Return a return's entries by column: counts in the scheme's rows, or words."""
    words = _words()
    bands = read_seed("pay_band_register").query("scheme == 'own'").set_index("pay_band")["sort_order"].astype(int)
    within = read_seed("measure").set_index("measure")["within_measure"]
    entries = {}
    for (measure, breakdown), numbers in counts.items():
        rows = [int(number) for number in np.bincount(_row_of_group(scheme), numbers, len(group_rows(scheme)))]
        if {measure, within[measure]} & blanks.uncollected:
            rows = [words["not_collected"]] * len(rows)
        elif bands.get(breakdown, 0) > blanks.own_bands:
            rows = [words["not_applicable"]] * len(rows)
        elif blanks.is_withholding and is_rare(blanks.year, measure):
            rows = [words["withheld"] if number <= LARGEST_WITHHELD else number for number in rows]
        entries[measure, breakdown] = rows
    return entries


def _first_attempt(
    rng: np.random.Generator, counts: dict[tuple[str, str], np.ndarray], blanks: _Blanks
) -> tuple[dict[tuple[str, str], np.ndarray], _Blanks]:
    """Return what a corrected return said at first: no recruitment, or too few leavers and learners."""
    if rng.random() < 0.3 and not blanks.uncollected:
        return counts, replace(blanks, uncollected=frozenset({"shortlisted"}))
    missed = {("leavers", "all"): 0.85, ("cpd_staff", "all"): 0.92}
    return counts | {column: rng.binomial(counts[column], share) for column, share in missed.items()}, blanks


@cache
def _words() -> dict[str, str]:
    blanks = read_seed("form_blank")
    return dict(zip(blanks["value_note"], blanks["entry"], strict=True))


@cache
def _row_of_group(scheme: str) -> np.ndarray:
    """Return each drawn group's row: its own, else the last of its major group, else that of its headline."""
    table = read_seed("ethnic_group_register").set_index("ethnic_group")
    mapping = read_seed("ethnic_group_mapping").query("scheme == @scheme").set_index("value")["ethnic_group"]
    row_groups = list(mapping[list(group_rows(scheme))])
    majors = [table.at[group, "major_group"] for group in row_groups]

    def row(group: str) -> int:
        if group in row_groups:
            return row_groups.index(group)
        major = table.at[group, "major_group"]
        if major in majors:
            return len(majors) - 1 - majors[::-1].index(major)
        return row_groups.index(table.at[group, "headline_group"])

    return np.array([row(group) for group in groups()])


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def _expit(value: np.ndarray | float) -> np.ndarray:
    return 1 / (1 + np.exp(-np.asarray(value)))
