"""Who reports for which areas and services on a given day, from the reference seeds."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from wres.reference import read_seed

COLLECTION = "sc-wres"


@dataclass(frozen=True)
class Organisation:
    """A reporting organisation on a day: the areas that it answers for, by service that it runs."""

    code: str
    name: str
    valid_from: date
    areas: dict[str, tuple[str, ...]]

    @property
    def services(self) -> tuple[str, ...]:
        """Services that the organisation runs."""
        return tuple(self.areas)


@cache
def organisations_on(day: date) -> dict[str, Organisation]:
    """Return the organisations that run at least one service on ``day``, by code.

    An authority answers for itself unless the seed ``organisation_area_register`` gives its service to another.
    """
    services = [service for service in read_seed("service")["service"] if service != "all"]
    bridge = [row for row in _in_force("organisation_area_register", day) if row["collection"] == COLLECTION]
    given_away = {(row["area_code"], row["service"]) for row in bridge}
    found: dict[str, Organisation] = {}
    for area in _in_force("area_register", day):
        code = area["area_code"]
        areas = {service: (code,) for service in services if (code, service) not in given_away}
        if area["area_level"] == "authority" and areas:
            found[code] = Organisation(code, area["area_name"], _first_day(area), areas)
    for row in _in_force("organisation_register", day):
        code = row["organisation_code"]
        own = [b for b in bridge if b["organisation_code"] == code]
        areas = {
            service: tuple(b["area_code"] for b in own if b["service"] == service and b["area_code"])
            for service in services
            if any(b["service"] == service for b in own)
        }
        if areas:
            found[code] = Organisation(code, row["organisation_name"], _first_day(row), areas)
    return found


def _first_day(row: dict[str, str]) -> date:
    return date.fromisoformat(row["valid_from"]) if row["valid_from"] else date.min


def _last_day(row: dict[str, str]) -> date:
    return date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max


def _in_force(seed: str, day: date) -> list[dict[str, str]]:
    return [row for row in read_seed(seed).to_dict("records") if _first_day(row) <= day <= _last_day(row)]
