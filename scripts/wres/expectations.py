"""Great Expectations at both ends: over a received batch, and over what is about to be published.

A whole batch is one run: its cost is in starting, not in rows. Great Expectations takes seconds to import:
it is imported only where a check runs. Which columns a rule looks at is here; its words and severity are in
the seed ``rule``.
"""

import os
import shutil
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pandas as pd

from wres.home import WresError
from wres.issues import rules
from wres.reading import holds_words, record_topics
from wres.reference import read_seed, setting

RUNS_KEPT = 20
POSITION = "position"
SEVERITIES = {"error": "critical", "query": "warning", "info": "info"}


LIST_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Checks: {name}</title>
<style>
body {{ font: 1.1rem/1.5 sans-serif; margin: 2rem auto; max-width: 50rem; padding: 0 1rem; color: #0b0c0c; }}
table {{ border-collapse: collapse; width: 100%; }}
caption {{ text-align: left; margin-bottom: 0.5rem; }}
th, td {{ border-bottom: 1px solid #505a5f; padding: 0.4rem 1rem 0.4rem 0; text-align: left; }}
</style>
</head>
<body>
<h1>Checks of the last {name}</h1>
<table>
<caption>Tables checked by Great Expectations; a table's name leads to its rules and what breaks them.</caption>
<thead><tr><th scope="col">Table</th><th scope="col">Outcome</th><th scope="col">Rules kept</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


@dataclass(frozen=True)
class Rule:
    """One expectation of a rule, on the column that findings name.

    ``kind`` is the name of Great Expectations' class and ``options`` its arguments; its column is ``column``
    unless they name one made for the rule. A null is never looked at, except by a rule on nulls.
    """

    rule_code: str
    column: str
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> set[str]:
        """The columns that the rule looks at."""
        names = {self.options.get(name) for name in ("column", "column_A", "column_B")}
        return {self.column, *names, *self.options.get("column_list", ())} - {None}


@dataclass(frozen=True)
class CheckedTable:
    """A frame and the rules that it is held to; ``key`` names its rows on the pages."""

    name: str
    frame: pd.DataFrame
    key: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Finding:
    """Rows of one table that break one rule: ``rows`` holds labels of the frame's index.

    No rows means that the table as a whole breaks it.
    """

    rule_code: str
    table: str
    column: str
    rows: list[Any]

    @property
    def severity(self) -> str:
        """The severity that the seed ``rule`` gives."""
        return rules().at[self.rule_code, "severity"]


class RuleFailedError(WresError):
    """A rule could not be evaluated; that is never a pass."""


def check_batch(observations: pd.DataFrame, submissions: pd.DataFrame, docs: Path) -> tuple[list[Finding], Path]:
    """Check what one receipt has read, in the columns of a batch, and write the pages.

    Returns the findings on the tables ``observations`` and ``submissions``, and the page that lists them.
    """
    return check([_observations(observations, submissions), _submissions(submissions)], docs, "receive")


def check_tables(
    tables: Mapping[str, pd.DataFrame], grain: Mapping[str, Iterable[str]], docs: Path
) -> tuple[list[Finding], Path]:
    """Check tables that are about to be published, and write the pages.

    ``grain`` holds each table's key columns. A rule is left out where a table has not the columns that it
    needs: that a contracted column is there is the contract's own test.
    """
    checked = [table_rules(name, frame, tuple(grain[name])) for name, frame in tables.items()]
    if "indicator" in tables:
        checked.append(_census_years(tables["indicator"]))
    return check(checked, docs, "publish")


def check(tables: Iterable[CheckedTable], docs: Path, name: str) -> tuple[list[Finding], Path]:
    """Hold tables to their rules in one run called ``name``, and write its pages under ``docs``.

    Returns the findings and the page that lists the tables of this run. (The index that Great Expectations writes
    lists earlier runs too, and stays empty without a network.)
    Raises ``RuleFailedError`` when a rule cannot be evaluated.
    """
    gx = _great_expectations()
    docs = docs.resolve()
    context = _context(gx, docs)
    datasource = context.data_sources.add_pandas("wres")
    run = gx.RunIdentifier(run_name=name, run_time=datetime.now(UTC))
    findings: list[Finding] = []
    pages: list[Any] = []
    results: dict[str, Any] = {}
    for table in tables:
        suite_name = f"{name} {table.name}"
        suite = gx.ExpectationSuite(name=suite_name, expectations=[_expectation(gx, r) for r in table.rules])
        data = datasource.add_dataframe_asset(suite_name).add_batch_definition_whole_dataframe(table.name)
        validation = context.validation_definitions.add(
            gx.ValidationDefinition(name=suite_name, data=data, suite=context.suites.add_or_update(suite))
        )
        # Only what the rules look at: a wide table costs as much time as its columns.
        looked_at = {column for rule in table.rules for column in rule.columns} | set(table.key)
        frame = table.frame[[column for column in table.frame if column in looked_at]].reset_index(drop=True)
        frame[POSITION] = frame.index
        run_with = {"batch_parameters": {"dataframe": frame}, "run_id": run}
        # Which rows break a rule costs as much again as whether any does: it is asked only where one does.
        result = validation.run(**run_with, result_format={"result_format": "BOOLEAN_ONLY"})
        if not result.success:
            result = validation.run(
                **run_with,
                result_format={
                    "result_format": "COMPLETE",
                    "unexpected_index_column_names": [POSITION, *table.key],
                    "return_unexpected_index_query": False,
                },
            )
        findings.extend(_findings(table, result))
        results[suite_name] = result
        suite_id = gx.ExpectationSuiteIdentifier(name=suite_name)
        pages += [
            suite_id,
            gx.ValidationResultIdentifier(
                expectation_suite_identifier=suite_id, run_id=run, batch_identifier=f"wres-{suite_name}"
            ),
        ]
    _drop_old_runs(docs)
    context.build_data_docs(resource_identifiers=pages)
    return findings, _write_list(docs, name, results)


def _write_list(docs: Path, name: str, results: Mapping[str, Any]) -> Path:
    """Write the page that lists the tables of one run, with a link to the page of each, and return its path."""
    rows = []
    for suite, result in results.items():
        # The latest page of a suite is that of this run.
        page = max((docs / "validations" / suite / name).glob("*/*.html")).relative_to(docs)
        kept, asked = result.statistics["successful_expectations"], result.statistics["evaluated_expectations"]
        rows.append(
            f'<tr><td><a href="{quote(page.as_posix())}">{escape(suite)}</a></td>'
            f"<td>{'passed' if result.success else 'failed'}</td><td>{kept} of {asked}</td></tr>"
        )
    path = docs / f"{name}.html"
    path.write_text(LIST_PAGE.format(name=escape(name), rows="\n".join(rows)), encoding="utf-8")
    return path


def _findings(table: CheckedTable, result: Any) -> list[Finding]:
    """Return one finding per rule and column that failed, its rows as labels of the frame that was given."""
    labels = table.frame.index
    rows: dict[tuple[str, str], set[int]] = {}
    for outcome in result.results:
        config = outcome.expectation_config
        rule_code, column = config.meta["rule_code"], config.meta["column"]
        if outcome.exception_info and _raised(outcome.exception_info):
            raise RuleFailedError(
                f"The rule {rule_code} could not be evaluated on {table.name}.{column}: "
                f"{_raised(outcome.exception_info)}"
            )
        if not outcome.success:
            unexpected = outcome.result.get("unexpected_index_list") or []
            rows.setdefault((rule_code, column), set()).update(int(row[POSITION]) for row in unexpected)
    return [
        Finding(rule_code, table.name, column, [labels[position] for position in sorted(positions)])
        for (rule_code, column), positions in rows.items()
    ]


def _raised(exception_info: Mapping[str, Any]) -> str:
    """Return the message of an exception that Great Expectations has caught, or nothing."""
    nested = [exception_info, *(value for value in exception_info.values() if isinstance(value, Mapping))]
    return "; ".join(str(info["exception_message"]) for info in nested if info.get("raised_exception"))


# ---------------------------------------------------------------------------------------------- received


def _observations(observations: pd.DataFrame, submissions: pd.DataFrame) -> CheckedTable:
    """Return the observations with the columns that their rules need beside those of the batch.

    Words, such as the cover of a return, are kept as text among the observations; the rules on values leave them out.
    """
    key = ("submission_id", "sheet", "cell")
    measures, file_columns = read_seed("measure"), read_seed("statistics_column")
    people = set(measures.loc[measures["counted"] == "people", "measure"])
    in_files = file_columns.loc[file_columns["kind"] == "measure", "name"]
    known_measures = {*measures["measure"], *in_files, *record_topics(), "cover"}
    groups = read_seed("ethnic_group_mapping")
    known_groups = list(groups["scheme"] + ": " + groups["value"])
    register = read_seed("area_register")
    organisations = read_seed("organisation_register")["organisation_code"]
    known_areas = sorted({*register["area_code"], *register["childrens_services_code"], *organisations} - {""})
    known_codes = sorted(int(code) for code in {*register["childrens_services_code"]} - {""})
    first_year = int(read_seed("indicator_register")["first_year"].astype(int).min())
    is_words = holds_words(observations["measure"])
    value = pd.to_numeric(observations["value"])
    given = value.notna().astype(int) + observations["value_note"].notna().astype(int)
    scheme = observations["ethnic_scheme"].astype(object).fillna("")
    group = scheme + ": " + observations["ethnic_value"].astype(object).fillna("")
    # Figures of everybody: the total row of a form, or a file that has no ethnic groups.
    is_neighbour = observations["measure"] == "statistical_neighbour"
    is_registered = observations["submission_id"].isin(
        set(submissions.loc[submissions["dataset"] == "register", "submission_id"])
    )
    is_total = observations["ethnic_value"].eq("Total") | (
        observations["ethnic_value"].isna() & observations["ethnic_scheme"].isna()
    )
    fact = [
        "submission_id",
        "collection_year",
        "area_level",
        "area_code",
        "ethnic_scheme",
        "ethnic_value",
        "measure",
        "breakdown",
    ]
    frame = pd.DataFrame(
        {
            **{column: _text(observations[column]) for column in (*key, "measure", "value_note")},
            "collection_year": pd.to_numeric(observations["collection_year"]),
            "given_in": pd.to_numeric(observations["submission_id"].map(_year_given(submissions))),
            "value": value.mask(is_words),
            "part_of_a_person": (value % 1).where(observations["measure"].isin(people)),
            "numbers_and_reasons": given.mask(is_words),
            "ethnic_group": group.mask(is_words | is_total),
            "reference_area": _text(observations["area_code"]).where(
                _is_reference(observations, submissions) & ~is_registered, None
            ),
            # A line of the register is asked about once, at its first cell.
            "registered": _text(observations["area_code"]).where(
                is_registered & ~observations.duplicated(["submission_id", "row_number"]), None
            ),
            "neighbour": value.where(is_neighbour),
            "count_of_return": value.mask(is_words).where(observations["ethnic_scheme"].isin(_return_schemes())),
            "fact": _same_rows(observations, fact).where(~observations["measure"].isin(record_topics())),
            "place": _same_rows(observations, list(key)),
        },
        index=observations.index,
    )
    rules = (
        _between("negative_count", "value", least=0),
        _between("count_too_large", "count_of_return", least=None, most=_limit("count_too_large")),
        in_list("not_a_whole_number", "value", [0.0], of="part_of_a_person"),
        in_list("value_or_note", "value", [1], of="numbers_and_reasons"),
        in_list("unknown_value_note", "value_note", _seed_values("value_note")),
        in_list("unknown_ethnic_value", "ethnic_value", known_groups, of="ethnic_group"),
        in_list("unknown_measure", "measure", sorted(known_measures)),
        in_list("unknown_area", "area_code", known_areas, of="reference_area"),
        in_list("unknown_organisation", "area_code", known_areas, of="registered"),
        in_list("unknown_area", "value", known_codes, of="neighbour"),
        _between("year_not_plausible", "collection_year", least=first_year),
        _at_most("year_not_plausible", "collection_year", "given_in"),
        _unique("repeated_cell", "cell", of="place"),
        _unique("repeated_fact", "value", of="fact"),
    )
    return CheckedTable("observations", frame, key, rules)


def _submissions(submissions: pd.DataFrame) -> CheckedTable:
    """Return the submissions of a receipt, with dates as dates and numbers as numbers."""
    services = [service for service in read_seed("service")["service"] if service != "all"]
    dates = {
        column: pd.to_datetime(submissions[column]) for column in ("window_start", "snapshot_date", "signed_off_on")
    }
    texts = ("submission_id", "collection", "service")
    opens_on, closes_on = _round_days(submissions)
    a_year, a_day = pd.DateOffset(years=1), pd.DateOffset(days=1)
    snapshot_date = dates["snapshot_date"]
    frame = pd.DataFrame(
        {
            **{column: _text(submissions[column]) for column in texts},
            **dates,
            "return_version": pd.to_numeric(submissions["return_version"]),
            # A window that starts after its end has a rule of its own.
            "window_first_day": dates["window_start"].where(dates["window_start"] <= snapshot_date),
            "twelve_months": snapshot_date + a_day - a_year,
            "opens_on": opens_on,
            "closes_on": closes_on,
            "year_before": closes_on + a_day - a_year,
        },
        index=submissions.index,
    )
    hash_of_a_file = {"regex": "^[0-9a-f]{64}$"}
    rules = (
        Rule("not_a_file_hash", "submission_id", "ExpectColumnValuesToMatchRegex", hash_of_a_file),
        _unique("repeated_submission", "submission_id"),
        in_list("unknown_collection", "collection", _seed_values("collection")),
        in_list("unknown_service", "service", services),
        _between("version_below_one", "return_version", least=1),
        _at_most("window_after_snapshot", "window_start", "snapshot_date"),
        _at_most("snapshot_after_sign_off", "snapshot_date", "signed_off_on"),
        _same("window_not_12_months", "window_first_day", "twelve_months", of="window_start"),
        _at_most("snapshot_outside_year", "snapshot_date", "closes_on"),
        _at_most("snapshot_outside_year", "year_before", "snapshot_date", of="snapshot_date"),
        _at_most("signed_off_before_round", "opens_on", "signed_off_on", of="signed_off_on"),
        _at_most("signed_off_after_round", "signed_off_on", "closes_on"),
    )
    return CheckedTable("submissions", frame, ("submission_id",), rules)


def _is_reference(observations: pd.DataFrame, submissions: pd.DataFrame) -> pd.Series:
    """Tell which observations are of a file about areas, and of no collection: its areas must be on the register."""
    of_no_collection = set(read_seed("statistics_dataset").query("collection == ''")["dataset"])
    files = submissions.loc[submissions["dataset"].isin(of_no_collection), "submission_id"]
    return observations["submission_id"].isin(set(files))


def _round_days(submissions: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the days on which the round of each return opened and closed; a statistics file has none."""
    rounds = read_seed("collection_round").astype({"collection_year": int}).set_index(["collection", "collection_year"])
    years = pd.to_numeric(submissions["collection_year"]).fillna(0).astype(int)
    places = pd.MultiIndex.from_arrays([submissions["collection"].astype(object), years])
    days = rounds.reindex(places)[["opens_on", "closes_on"]].apply(pd.to_datetime).set_index(submissions.index)
    return days["opens_on"], days["closes_on"]


def _return_schemes() -> list[str]:
    return list(read_seed("ethnic_scheme").query("is_for_returns == 'true'")["scheme"])


def _limit(rule_code: str) -> float:
    """Return the limit that the seed ``rule_limit`` gives a rule."""
    return float(read_seed("rule_limit").set_index("rule_code").at[rule_code, "limit_value"])


def _year_given(submissions: pd.DataFrame) -> pd.Series:
    """Return the year in which each submission's figures were given: no figure can be of a later year."""
    given = pd.to_datetime(submissions["signed_off_on"]).fillna(pd.to_datetime(submissions["published_on"]))
    return pd.Series(given.dt.year.to_numpy(), index=submissions["submission_id"]).groupby(level=0).first()


# --------------------------------------------------------------------------------------------- published


# The words of the contract that no seed lists, in tables of figures; a dimension's are in its own model.
WORDS = {
    "area_level": ["organisation", "region", "national"],
    "size": ["below", "within", "above"],
    "evidence": ["clear", "not clear"],
    "panel": ["all", "matched"],
    "change": ["narrowed", "widened", "no clear change", "crossed parity", "cannot say"],
}
# Columns whose values a seed lists, and the seed; its column has the same name unless it is given.
SEEDED = {
    "collection": ("collection",),
    "service": ("service",),
    "indicator_code": ("indicator_register", "indicator_code"),
    "comparison_group": ("ethnic_group_register", "ethnic_group"),
    "reference_group": ("ethnic_group_register", "ethnic_group"),
    "value_note": ("value_note",),
}
SHARES = ("rate", "reference_rate", "unknown_share", "share_of_band", "share_of_group")
BASES = {"numerator": "denominator", "reference_numerator": "reference_denominator"}
# A value with its limits stands in the first of these that a table has.
ESTIMATES = ("ratio_of_ratios", "annual_ratio", "representation_ratio", "relative_likelihood")
# Without a row in this table there is nothing to publish.
NEVER_EMPTY = "indicator"


def table_rules(name: str, frame: pd.DataFrame, key: tuple[str, ...]) -> CheckedTable:
    """Return a table with every rule whose columns it has."""
    frame = frame.copy()
    words = WORDS if "collection_year" in frame else {}
    estimate = next((column for column in ESTIMATES if column in frame), "relative_likelihood")
    # Where a table has more values than one, the ratio's reason is a note of its own.
    note = "ratio_note" if "ratio_note" in frame else "value_note"
    if {"relative_likelihood", note} <= set(frame):
        frame["has_value_or_reason"] = frame["relative_likelihood"].notna() | frame[note].notna()
    if {"relative_likelihood", "size"} <= set(frame):
        frame["size_of_value"] = _size(frame["relative_likelihood"])
    if {"p_value", "evidence"} <= set(frame):
        frame["evidence_of_p_value"] = _evidence(frame["p_value"])
    rules = [
        *(in_list("value_not_in_list", column, values) for column, values in words.items()),
        *(in_list("value_not_in_list", column, _seed_values(*seed)) for column, seed in SEEDED.items()),
        *(_between("rate_outside_0_to_1", column, least=0, most=1) for column in SHARES),
        *(_at_most("numerator_above_denominator", part, base) for part, base in BASES.items()),
        _at_most("limits_do_not_hold_value", estimate, "upper_95"),
        _at_most("limits_do_not_hold_value", "lower_95", estimate),
        in_list("missing_without_reason", "relative_likelihood", [True], of="has_value_or_reason"),
        _between("p_value_outside_0_to_1", "p_value", least=0, most=1),
        _same("size_disagrees", "size", "size_of_value"),
        _same("evidence_disagrees", "evidence", "evidence_of_p_value"),
    ]
    rules = [rule for rule in rules if rule.columns <= set(frame)]
    rules += [Rule("key_missing", column, "ExpectColumnValuesToNotBeNull") for column in key]
    if key:
        rules.append(_unique("repeated_key", *key))
    if name == NEVER_EMPTY:
        rules.append(Rule("nothing_to_publish", "", "ExpectTableRowCountToBeBetween", {"min_value": 1}))
    return CheckedTable(name, frame, key, tuple(rules))


def _census_years(indicator: pd.DataFrame) -> CheckedTable:
    """Return one row per census and year that has figures for organisations, with whether England has any."""
    collections = read_seed("collection")
    censuses = set(collections.loc[collections["census_month"] != "", "collection"])
    key = ("collection", "collection_year")
    census = indicator[indicator["collection"].isin(censuses)]
    levels = census.groupby(list(key))["area_level"].agg(set)
    levels = levels[[("organisation" in found) for found in levels]]
    frame = levels.index.to_frame(index=False)
    frame["has_england"] = [("national" in found) for found in levels]
    frame.index = frame["collection"] + " " + frame["collection_year"].astype(str)
    rule = in_list("census_without_england", "collection_year", [True], of="has_england")
    return CheckedTable("indicator by year", frame, key, (rule,))


def _size(value: pd.Series) -> pd.Series:
    """Return the size class of an unrounded relative likelihood; 'within' holds both of its limits.

    A value on a limit, as far as doubles can tell, is left to the model: its counts say on which side it is.
    """
    lower, upper = (float(setting(name)) for name in ("size_within_from", "size_within_to"))
    size = pd.Series("within", index=value.index, dtype=object)
    size = size.mask(value < lower, "below").mask(value > upper, "above")
    is_on_limit = ((value - lower).abs() < 1e-9) | ((value - upper).abs() < 1e-9)
    return size.where(value.notna() & ~is_on_limit, None)


def _evidence(p_value: pd.Series) -> pd.Series:
    """Return the evidence class of a p-value; a value without one is left to the model."""
    evidence = pd.Series("not clear", index=p_value.index, dtype=object)
    return evidence.mask(p_value < float(setting("evidence_level")), "clear").where(p_value.notna(), None)


# ------------------------------------------------------------------------------------------------- helpers


def in_list(rule_code: str, column: str, values: Iterable[Any], of: str | None = None) -> Rule:
    """Return the rule that a column has values of a list; ``of`` is the column looked at, where it is another."""
    options = {"column": of or column, "value_set": list(values)}
    return Rule(rule_code, column, "ExpectColumnValuesToBeInSet", options)


def all_true(rule_code: str, column: str, of: str) -> Rule:
    """Return the rule that a column made for it, ``of``, is true wherever it has a value."""
    return in_list(rule_code, column, [True], of=of)


def _between(rule_code: str, column: str, least: float | None, most: float | None = None) -> Rule:
    return Rule(rule_code, column, "ExpectColumnValuesToBeBetween", {"min_value": least, "max_value": most})


def _at_most(rule_code: str, column: str, other: str, of: str | None = None) -> Rule:
    """Return the rule that a column is at most another; a row that lacks either is not looked at.

    ``of`` is the column that findings name, where it is not the first.
    """
    options = {
        "column_A": other,
        "column_B": column,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    }
    return Rule(rule_code, of or column, "ExpectColumnPairValuesAToBeGreaterThanB", options)


def _same(rule_code: str, column: str, other: str, of: str | None = None) -> Rule:
    """Return the rule that two columns are equal; a row that lacks either is not looked at."""
    options = {"column_A": column, "column_B": other, "ignore_row_if": "either_value_is_missing"}
    return Rule(rule_code, of or column, "ExpectColumnPairValuesToBeEqual", options)


def _unique(rule_code: str, *columns: str, of: str | None = None) -> Rule:
    if len(columns) == 1:
        return Rule(rule_code, columns[0], "ExpectColumnValuesToBeUnique", {"column": of or columns[0]})
    options = {"column_list": list(columns)}
    return Rule(rule_code, ", ".join(columns), "ExpectCompoundColumnsToBeUnique", options)


def _seed_values(seed: str, column: str | None = None) -> list[str]:
    return sorted(set(read_seed(seed)[column or seed]))


def _text(values: pd.Series) -> pd.Series:
    return values.astype(object).where(values.notna(), None)


def _same_rows(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Number the rows so that two have one number where all the columns agree; null agrees with null."""
    return frame.groupby(columns, dropna=False, sort=False).ngroup()


# --------------------------------------------------------------------------------------- Great Expectations


def _great_expectations() -> Any:
    """Import Great Expectations, quiet and off the network, and gather what is used of it."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        # It imports modules that Python 3.11 has deprecated; nothing here depends on them.
        warnings.filterwarnings("ignore", "module 'sre_\\w+' is deprecated", DeprecationWarning)
        # It imports pyspark where that is installed, which says this of the pandas that it will not be used with.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        import great_expectations as gx
        from great_expectations import expectations
        from great_expectations.core.run_identifier import RunIdentifier
        from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults
        from great_expectations.data_context.types.resource_identifiers import (
            ExpectationSuiteIdentifier,
            ValidationResultIdentifier,
        )
    return SimpleNamespace(
        DataContextConfig=DataContextConfig,
        ExpectationSuite=gx.ExpectationSuite,
        ExpectationSuiteIdentifier=ExpectationSuiteIdentifier,
        InMemoryStoreBackendDefaults=InMemoryStoreBackendDefaults,
        RunIdentifier=RunIdentifier,
        ValidationDefinition=gx.ValidationDefinition,
        ValidationResultIdentifier=ValidationResultIdentifier,
        expectations=expectations,
        get_context=gx.get_context,
    )


def _context(gx: Any, docs: Path) -> Any:
    """Return a context that keeps suites, results and pages under ``docs`` and everything else in memory.

    Suites are made anew from the seeds in each run, so nothing under ``docs`` is needed by the next one; they are kept
    because the pages of suites that are not in the store are taken away.
    """
    defaults = gx.InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    stores = defaults.stores
    kept = {defaults.expectations_store_name: "suites", defaults.validation_results_store_name: "results"}
    for store, folder in kept.items():
        stores[store]["store_backend"] = {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(docs / folder),
            "filepath_suffix": ".json",
        }
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    config = gx.DataContextConfig(
        analytics_enabled=False,
        progress_bars={"globally": False, "metric_calculations": False},
        stores=stores,
        expectations_store_name=defaults.expectations_store_name,
        validation_results_store_name=defaults.validation_results_store_name,
        checkpoint_store_name=defaults.checkpoint_store_name,
        data_docs_sites={"pages": site},
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _expectation(gx: Any, rule: Rule) -> Any:
    wording = rules().loc[rule.rule_code]
    column = {"column": rule.column} if rule.kind.startswith("ExpectColumnValues") else {}
    return getattr(gx.expectations, rule.kind)(
        **column | rule.options,
        description=" - ".join(filter(None, [wording["title"], rule.column])),
        severity=SEVERITIES[wording["severity"]],
        meta={"rule_code": rule.rule_code, "column": rule.column},
    )


def _drop_old_runs(docs: Path) -> None:
    """Keep the pages of the latest runs only: they are a by-product, and the index reads every one."""
    runs = sorted({path.name for path in (docs / "results").glob("*/*/*") if path.is_dir()})
    for old in runs[:-RUNS_KEPT]:
        for folder in [*docs.glob(f"results/*/*/{old}"), *docs.glob(f"validations/*/*/{old}")]:
            shutil.rmtree(folder, ignore_errors=True)
