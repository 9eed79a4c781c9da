"""Change between two years: the dbt macros' SQL against published and independent values."""

import itertools
import math
import re
from collections.abc import Sequence

import independent_values as independent
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tables_of_counts import FULL, assert_same, counts_frame, random_tables

Z = stats.norm.ppf(0.975)


def changes(formulas, previous: Sequence, current: Sequence) -> pd.DataFrame:
    """Return what the SQL says of each pair of tables."""
    number = len(previous)
    pairs = pd.DataFrame({"id": range(number), "previous_id": range(number)})
    return formulas.pairs(counts_frame([*previous, *current]), pairs.assign(current_id=pairs["previous_id"] + number))


def test_published_vectors(formulas, reference_data):
    vectors = pd.read_csv(reference_data / "method_vectors.csv", dtype=str, keep_default_na=False)
    vectors = vectors[vectors["vector"].str.fullmatch(r"Y\d+")]
    assert len(vectors) >= 20
    tables = {
        vector: [[int(count) for count in table.split()] for table in re.findall(r"\(([\d ]+)\)", inputs)]
        for vector, inputs in zip(vectors["vector"], vectors["inputs"], strict=True)
    }
    previous, current = zip(*tables.values(), strict=True)
    said = changes(formulas, previous, current).set_axis(list(tables))
    for vector, name, value in zip(vectors["vector"], vectors["name"], vectors["value"], strict=True):
        expected = math.nan if value in {"NULL", "inf"} else float(value)
        assert_same([said.loc[vector, name]], [expected], what=f"{vector} {name}")


def test_no_change_is_1_with_limits_that_mirror_each_other(formulas):
    said = changes(formulas, [(12, 240, 30, 940)], [(12, 240, 30, 940)]).loc[0]
    assert (said["ror"], said["z"], said["p"]) == (1, 0, 1)
    assert said["lo"] == pytest.approx(1 / said["hi"])
    assert said["lo"] < 1


def test_exchanging_the_years_inverts_the_change(formulas):
    one, other = (14, 230, 28, 950), (12, 240, 30, 940)
    said = changes(formulas, [one, other], [other, one])
    assert said.loc[0, "ror"] == pytest.approx(1 / said.loc[1, "ror"])
    assert said.loc[0, "lo"] == pytest.approx(1 / said.loc[1, "hi"])
    assert said.loc[0, "p"] == pytest.approx(said.loc[1, "p"])


def test_hand_worked_change_from_none(formulas):
    # Half an event added: (1.5 / 10.5) over (0.5 / 10.5), the reference group the same in both years.
    said = changes(formulas, [(0, 10, 5, 100)], [(1, 10, 5, 100)]).loc[0]
    variance = 10 / (0.5 * 10.5) + 9 / (1.5 * 10.5) + 2 * 95 / (5.5 * 100.5)
    assert said["ror"] == pytest.approx(3)
    assert said["lo"] == pytest.approx(3 * math.exp(-Z * math.sqrt(variance)))
    assert said["hi"] == pytest.approx(3 * math.exp(Z * math.sqrt(variance)))
    assert said["z"] == pytest.approx(math.log(3) / math.sqrt(variance))
    assert said["p"] == pytest.approx(2 * stats.norm.sf(math.log(3) / math.sqrt(variance)))


def test_everyone_in_both_groups_of_both_years_is_no_evidence_of_change(formulas):
    said = changes(formulas, [(8, 8, 40, 40)], [(9, 9, 41, 41)]).loc[0]
    assert (said["ror"], said["z"], said["p"], said["p_w"]) == (1, 0, 1, 1)
    # Katz would have no width; the score limits have, for one group has only eight or nine people.
    assert said["lo"] < 0.75 and said["hi"] > 1.3


def test_everyone_in_both_groups_of_one_year_leaves_room_for_chance(formulas):
    # One person of one says nothing; Katz' variance of 0 would make this change all but certain.
    said = changes(formulas, [(1, 1, 1, 1)], [(100, 200, 100, 100)]).loc[0]
    assert said["ror"] == pytest.approx(0.5)
    assert said["lo"] < 1 < said["hi"]
    assert said["p"] > 0.05


def test_everyone_in_one_small_group_leaves_room_for_chance(formulas):
    # Two of three, then two of two, against half of many: one person more says nothing.
    said = changes(formulas, [(2, 3, 500, 1000)], [(2, 2, 500, 1000)]).loc[0]
    assert said["ror"] == pytest.approx(1.5)
    assert said["lo"] < 1 < said["hi"]
    assert said["p"] > 0.1


def test_every_kind_of_pair_against_an_independent_route(formulas):
    number = 20_000 if FULL else 1_500
    tables = random_tables(2 * number, seed=2)
    # None, everyone, both, neither, no base.
    edges = [(x1, 5, x2, 9) for x1 in (0, 2, 5) for x2 in (0, 3, 9)] + [(0, 0, 2, 9)]
    pairs = [*itertools.product(edges, repeat=2), *zip(tables[:number], tables[number:], strict=True)]
    said = changes(formulas, [p for p, _ in pairs], [c for _, c in pairs])
    for suffix, always_walter in (("", False), ("_w", True)):
        expected = np.array([independent.ratio_of_ratios(p, c, always_walter) for p, c in pairs]).T
        for name, values in zip(("ror", "lo", "hi", "z"), expected, strict=True):
            assert_same(said[name + suffix], values, 1e-6, name + suffix)
        assert_same(said["p" + suffix], 2 * stats.norm.sf(np.abs(expected[3])), 1e-6, "p" + suffix)


def test_a_change_from_or_to_counts_that_are_missing_is_null(formulas):
    missing = [(None, 5, 3, 9), (2, None, 3, 9), (2, 5, None, 9), (2, 5, 3, None), (2, 0, 3, 9)]
    bad = [*missing, (6, 5, 3, 9), (-1, 5, 3, 9)]
    good = [(2, 5, 3, 9)] * len(bad)
    said = changes(formulas, [*bad, *good], [*good, *bad])
    assert said.drop(columns="id").isna().all(axis=None)
