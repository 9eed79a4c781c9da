"""Turn what people write into cells into numbers, dates, choices and indicator codes.

Each reader returns an ``Entry``: what was meant, and whether it was plain, repaired, ambiguous or not understood. One
sensible meaning is read, and said so; two are never guessed between.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from wres.labels import plain, reduced
from wres.reference import read_seed

PLAIN, REPAIRED, AMBIGUOUS, UNKNOWN = "plain", "repaired", "ambiguous", "unknown"
MOST_DIGITS = 15  # beyond, double precision no longer holds a whole number
MONTH_BEFORE_DAY = "the month would stand before the day"
YEARS_BEFORE, YEARS_AFTER = 3, 1  # of a collection, in which the dates of its returns lie

# Marks that cannot be seen, and the minus sign that is not a hyphen. Nothing else is folded: 12¹ is not 121.
INVISIBLE = {0x200B: None, 0x200E: None, 0x200F: None, 0x2060: None, 0xFEFF: None, 0x2212: "-"}

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
WEEKDAY = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b[ ,.]*")
MIDNIGHT = re.compile(r"[ t]00:00(?::00(?:\.0+)?)?z?$")
YEAR_FIRST = re.compile(r"(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})")
IN_FIGURES = re.compile(r"(\d{1,2}) ?([-/.]|(?<=\d) (?=\d)) ?(\d{1,2}) ?\2 ?(\d{4}|\d{2})")
MONTH_IN_WORDS = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[- ./]*(?:of )?({MONTH})[- ./,]*(\d{{4}}|\d{{2}})")
MONTH_FIRST = re.compile(rf"({MONTH})[- .]*(\d{{1,2}})(?:st|nd|rd|th)?[ ,.]+(\d{{4}})")

WHOLE = re.compile(r"-?\d+")
IN_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(?:,\d{3})+(?:\.0+)?")
DECIMAL = re.compile(r"-?(?:\d+\.\d+|\.\d+)")


@dataclass(frozen=True)
class Entry:
    """What a cell means: ``value`` (None where it cannot be told), ``outcome``, and the reason where there is one."""

    value: object
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Missing:
    """A typed reason why there is no number: its words on the form, and the note that the warehouse keeps."""

    entry: str
    note: str


@cache
def missing_words() -> dict[str, Missing]:
    """Return the form's words for a number that is not given."""
    seed = read_seed("form_blank")
    return {plain(row.entry): Missing(row.entry, row.value_note) for row in seed.itertuples()}


@cache
def _other_words() -> dict[str, tuple[str, str]]:
    """Return what other words in place of a number mean, and why; nothing where they may mean several things."""
    seed = read_seed("form_synonym").query("kind == 'entry'")
    return {plain(row.label): (row.means, row.reason) for row in seed.itertuples()}


@cache
def _ambiguous_shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    seed = read_seed("form_synonym").query("kind == 'entry_shape'")
    return tuple((re.compile(row.label, re.IGNORECASE), row.reason) for row in seed.itertuples())


def read_number(text: str) -> Entry:
    """Return the number, or the typed reason for none, that a text in a count cell means."""
    bare = text.translate(INVISIBLE).strip()
    word = plain(bare)
    if word in missing_words():
        return Entry(missing_words()[word], PLAIN)
    if word in _other_words():
        means, reason = _other_words()[word]
        if not means:
            return Entry(None, AMBIGUOUS, reason)
        return Entry(missing_words()[means] if means in missing_words() else float(means), REPAIRED, reason)
    number = _number(bare)
    if number is not None:
        is_plain = text == bare and not re.match(r"-?0\d", bare) and bool(WHOLE.fullmatch(bare) or number % 1)
        return Entry(number, PLAIN if is_plain else REPAIRED)
    for shape, reason in _ambiguous_shapes():
        if shape.fullmatch(bare):
            return Entry(None, AMBIGUOUS, reason)
    return Entry(None, UNKNOWN)


def _number(bare: str) -> float | None:
    """Return the number where the text can mean only one."""
    unsigned = bare.removeprefix("+")
    if not unsigned.isascii() or sum(sign.isdigit() for sign in unsigned) > MOST_DIGITS:
        return None
    if unsigned != bare and not unsigned[:1].isdigit():
        return None
    if re.fullmatch(r"-?[1-9]\d{0,2}(?:\.\d{3})+", unsigned):  # 1.234: a thousand here, a little over 1 there
        return None
    if WHOLE.fullmatch(unsigned) or DECIMAL.fullmatch(unsigned):
        return float(unsigned)
    if IN_THOUSANDS.fullmatch(unsigned):
        return float(unsigned.replace(",", ""))
    return None


def read_amount(text: str) -> Entry:
    """Return the number that a text on the cover means; pounds may be marked as such."""
    bare = re.sub(r"^£\s*|\s*(?:pounds|gbp)$", "", text.strip(), flags=re.IGNORECASE)
    entry = read_number(bare)
    value = entry.value if isinstance(entry.value, float) else None
    if value is None:
        return Entry(None, AMBIGUOUS if entry.outcome == AMBIGUOUS else UNKNOWN, entry.reason)
    return Entry(value, PLAIN if entry.outcome == PLAIN and bare == text else REPAIRED)


def read_date(text: str, year: int | None = None) -> Entry:
    """Return the day that a text means: day first, as in England, and as the form asks for.

    A year in two figures is read only where the year cannot stand first: of the days that the text may mean, one lies
    near the collection of ``year``. Month first is never read from figures.
    """
    bare = MIDNIGHT.sub("", plain(text.translate(INVISIBLE)))
    bare = WEEKDAY.sub("", bare)
    if found := YEAR_FIRST.fullmatch(bare):
        day = _day(found[1], found[3], found[4])
        is_iso = re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None
        return Entry(day, PLAIN if is_iso else REPAIRED) if day else Entry(None, UNKNOWN)
    if found := IN_FIGURES.fullmatch(bare):
        return _in_figures(found[1], found[3], found[4], year)
    if found := MONTH_IN_WORDS.fullmatch(bare):
        return _in_figures(found[1], str(MONTHS.index(found[2][:3]) + 1), found[3], year)
    if found := MONTH_FIRST.fullmatch(bare):
        day = _day(found[3], str(MONTHS.index(found[1][:3]) + 1), found[2])
        return Entry(day, REPAIRED) if day else Entry(None, UNKNOWN)
    return Entry(None, UNKNOWN)


def _in_figures(first: str, month: str, last: str, year: int | None) -> Entry:
    if len(last) == 4:
        if day := _day(last, month, first):
            return Entry(day, REPAIRED)
        is_month_first = _day(last, first, month) is not None
        return Entry(None, AMBIGUOUS, MONTH_BEFORE_DAY) if is_month_first else Entry(None, UNKNOWN)
    day_first, year_first = _day(f"20{last}", month, first), _day(f"20{first.zfill(2)}", month, last)
    days = {day for day in (day_first, year_first) if day and (year is None or _is_near(day, year))}
    if len(days) > 1:
        words = " or ".join(spoken(day) for day in sorted(days))
        return Entry(None, AMBIGUOUS, f"it may mean {words}")
    if day_first is None or day_first not in days:
        return Entry(None, UNKNOWN)
    return Entry(day_first, REPAIRED)


def may_be_month_first(text: str) -> bool:
    """Tell whether a text is a day all in figures that would be another day with the month first."""
    found = IN_FIGURES.fullmatch(MIDNIGHT.sub("", WEEKDAY.sub("", plain(text.translate(INVISIBLE)))))
    if found is None or found[1].zfill(2) == found[3].zfill(2):
        return False
    year = found[4] if len(found[4]) == 4 else f"20{found[4]}"
    return _day(year, found[1], found[3]) is not None


def _is_near(day: date, year: int) -> bool:
    return year - YEARS_BEFORE <= day.year <= year + YEARS_AFTER


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def spoken(day: date) -> str:
    """Return a day as people write it: 31 March 2025."""
    return f"{day.day} {day:%B %Y}"


def read_choice(text: str, choices: Mapping[str, str]) -> Entry:
    """Return the choice that a text means; ``choices`` maps each way to write one, as on the form, to its code."""
    if plain(text) in (own := {plain(words): code for words, code in choices.items()}):
        return Entry(own[plain(text)], PLAIN)
    by_key = {reduced(words): code for words, code in choices.items()}
    key = reduced(text)
    if key in by_key:
        return Entry(by_key[key], REPAIRED)
    meant = {by_key[reduced(means)] for means in _choice_words().get(key, ()) if reduced(means) in by_key}
    return Entry(meant.pop(), REPAIRED) if len(meant) == 1 else Entry(None, UNKNOWN)


@cache
def _choice_words() -> dict[str, tuple[str, ...]]:
    seed = read_seed("form_synonym").query("kind == 'cover'")
    words: dict[str, tuple[str, ...]] = {}
    for row in seed.itertuples():
        words[reduced(row.label)] = (*words.get(reduced(row.label), ()), row.means)
    return words


def read_indicators(text: str, codes: Collection[str]) -> Entry:
    """Return indicator codes as '2; 9', in the order given and each once."""
    bare = plain(text.translate(INVISIBLE))
    parts = [part for part in re.split(r"[;,/&|\s]+|\band\b|\bindicators?\b", bare) if part]
    found = list(dict.fromkeys(parts))
    if not found or not set(found) <= set(codes):
        return Entry(None, UNKNOWN)
    means = "; ".join(found)
    return Entry(means, PLAIN if means == text.strip() else REPAIRED)
