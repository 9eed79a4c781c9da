"""Find personal data in texts, and mask it. The seeds `personal_data_pattern` and `name_word` say what it looks like.

Only what kind was seen goes further: a mask holds no part of the text.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from wres.labels import reduced
from wres.limits import limit
from wres.reference import read_seed

NAME = "person's name"
FREE_TEXT = "free text in a count"
DATE = "date in a count"
WORD = re.compile(r"[^\W\d_][\w'\u2019.-]*")
PART = re.compile(r"[,;:()/|\n]|\s[-\u2013\u2014]\s|\band\b|\bon behalf of\b|\bby\b")
MOST_NAME_WORDS = 4
OLDEST_BIRTH = 1920
NAME_KINDS = ("given_name", "not_a_surname", "role", "after_no_title")
CASES = {":upper": str.upper, ":lower": str.lower, ":title": str.title}


@dataclass(frozen=True)
class _Pattern:
    code: str
    expression: re.Pattern[str]
    called: str

    @property
    def is_by_year(self) -> bool:
        """Whether its one group is a year, which tells a date of birth from others."""
        return (
            self.code.startswith("birth_date") and self.expression.groups == 1 and "(\\d{4})" in self.expression.pattern
        )


def mask(called: str) -> str:
    """Return what stands in place of a text that holds personal data."""
    return f"[masked: {called}]"


def personal_data(text: str) -> str | None:
    """Return what kind of personal data a text holds, or None."""
    text = _without_accents(text)
    for pattern in _patterns():
        if pattern.code == "nhs":
            if any(_is_nhs_number(found) for found in pattern.expression.findall(text)):
                return pattern.called
        elif pattern.is_by_year:
            if any(OLDEST_BIRTH <= int(year) <= _latest_birth() for year in pattern.expression.findall(text)):
                return pattern.called
        elif pattern.expression.search(text):
            return pattern.called
    return None


def name_for_role(text: str) -> str | None:
    """Return that a text given where a role is asked names a person, or None where it is a role.

    A part of the text with no word of a role, an area or an organisation is a name where it is one to four words;
    a word in capitals of up to five letters is an abbreviation, unless others stand beside it.
    """
    parts = [WORD.findall(part) for part in PART.split(text)]
    parts = [words for words in parts if words]
    roles = [any(_is_role_word(word) for word in words) for words in parts]
    for words, has_role in zip(parts, roles, strict=True):
        if has_role or reduced(" ".join(words)) in _bodies():
            continue
        is_abbreviation = len(words) == 1 and words[0].isupper() and 2 <= len(words[0]) <= 5
        is_lone_word_beside_role = len(words) == 1 and any(roles) and words[0] not in _words("given_name")
        is_capitalised = all(word[0].isupper() for word in words)
        if is_abbreviation or is_lone_word_beside_role or len(words) > MOST_NAME_WORDS:
            continue
        if is_capitalised or not any(roles):
            return NAME
    return None


def is_free_text(text: str) -> bool:
    """Tell whether a text in a count is a remark, two words or more, or may name a person: a word in capitals is an
    abbreviation where it is short, and one in small letters is no name unless it is a common one.
    """
    words = WORD.findall(_without_accents(text))
    is_name = any(
        word.casefold() in _given_names() or (word != word.lower() and not (word.isupper() and len(word) <= 5))
        for word in words
    )
    return len(words) >= 2 or "@" in text or is_name


def masked(text: str) -> str:
    """Return the text, or its mask where it holds personal data: for what a message quotes."""
    called = personal_data(text)
    return mask(called) if called else text


@cache
def _patterns() -> tuple[_Pattern, ...]:
    seed = read_seed("personal_data_pattern")
    kinds = [f"{kind}{case}" for kind in NAME_KINDS for case in ("", *CASES)]
    found = []
    for row in seed.itertuples():
        text = row.regular_expression
        for kind in kinds:
            if "{" + kind + "}" in text:
                text = text.replace("{" + kind + "}", _alternatives(kind))
        flags = 0 if row.is_case_sensitive == "true" else re.IGNORECASE
        found.append(_Pattern(row.pattern, re.compile(text, flags), row.called))
    return tuple(found)


@cache
def _words(kind: str) -> frozenset[str]:
    return frozenset(read_seed("name_word").query("kind == @kind")["word"])


def _alternatives(kind: str) -> str:
    """Return the words of a kind, such as given_name or given_name:upper, as a part of a regular expression."""
    name, _, case = kind.partition(":")
    change = CASES.get(f":{case}", str)
    return "|".join(sorted({re.escape(change(word)) for word in _words(name)}))


@cache
def _given_names() -> frozenset[str]:
    return frozenset(word.casefold() for word in _words("given_name"))


@cache
def _latest_birth() -> int:
    return max(int(year) for year in read_seed("collection_round")["collection_year"]) - limit("birth_years")


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


@cache
def _bodies() -> frozenset[str]:
    """Return the names of areas and organisations, which are no persons."""
    names = [*read_seed("area_register")["area_name"], *read_seed("organisation_register")["organisation_name"]]
    return frozenset(reduced(name) for name in names)


def _is_role_word(word: str) -> bool:
    bare = word.casefold().strip(".'\u2019").removesuffix("'s").removesuffix("\u2019s")
    roles = _words("role")
    return bare in roles or bare.removesuffix("s") in roles or any(part in roles for part in bare.split("-"))


def _is_nhs_number(text: str) -> bool:
    digits = [int(sign) for sign in text if sign.isdigit()]
    check = 11 - sum(digit * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return check % 11 == digits[9] and check != 10 and len(set(digits)) > 1
