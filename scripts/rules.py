"""Write docs/rules.md from the registry of rules: ``make rules``."""

import re
from pathlib import Path

import pandas as pd

from wres.reference import PROJECT, read_seed

PAGE = PROJECT / "docs" / "rules.md"
HEAD = """# The rules
What a return is held to. An **error** keeps a figure or a file out until it is mended. A **query** asks whether a
figure is right: mend it, or answer it on the sheet Replies. **Info** is for information. A rule that has nothing to
look at is *not run*, which is no pass: the table `rule_outcome` says what it needs.

Made by `make rules` from the seeds `rule`, `rule_scope`, `rule_effect`, `rule_comparison`, `rule_rate` and
`rule_limit`; do not edit. Where a message has …, the return's own figures stand.

"""
ASKED = {"organisation": "the organisation", "programme": "the programme"}
WORDS = {"error": "errors", "query": "queries", "info": "for information"}
RATE = "{part} of {base}: {limits}, from {least} on"


def page() -> str:
    """Return the page."""
    rules = read_seed("rule").merge(read_seed("rule_scope"), on="rule_code").set_index("rule_code")
    stages = read_seed("rule_stage").sort_values("position", key=lambda order: order.astype(int))
    about_returns = set(stages.loc[stages["is_about_returns"] == "true", "stage"])
    counted = rules["stage"].isin(about_returns)
    severities = rules[counted]["severity"].value_counts()
    counts = ", ".join(f"{severities.get(name, 0)} {words}" for name, words in WORDS.items())
    text = [HEAD, f"There are {counted.sum()} rules on returns: {counts}; and {(~counted).sum()} on other things.\n"]
    for stage in stages.to_dict("records"):
        text.append(f"\n## {stage['title']}\n{stage['description']}\n")
        text += [_rule(code, rules.loc[code]) for code in rules.index[rules["stage"] == stage["stage"]]]
    return "".join(text)


def _rule(code: str, rule: pd.Series) -> str:
    """Return what the page says of one rule."""
    lines = [
        f"\n### {rule['title']}\n",
        f"`{code}`, {rule['severity']}, {rule['dimension']}, for {ASKED[rule['responsible']]}{_years(rule)}.\n",
        f"\n- Says: {_shown(rule['message'])}\n",
    ]
    if rule["message_many"]:
        lines.append(f"- Of several: {_shown(rule['message_many'])}\n")
    lines.append(f"- To do: {_shown(rule['what_to_do'])}\n")
    if rule["needs"]:
        lines.append(f"- Needs: {rule['needs']}.\n")
    lines += [
        f"- {name}: {words}\n" for name, words in (("Limits", _limits(code)), ("Endangers", _effect(code))) if words
    ]
    return "".join(lines)


def _shown(text: str) -> str:
    """Return a message with dots in its places."""
    return re.sub(r"\{\w+\}", "…", text)


def _years(rule: pd.Series) -> str:
    """Return the collection years that the rule holds for, or nothing where it holds for all."""
    first, last = rule["first_year"], rule["last_year"]
    if first and last:
        return f", {first} to {last}"
    return f", from {first}" if first else f", to {last}" if last else ""


def _effect(code: str) -> str:
    """Return which figures the rule endangers."""
    effects = read_seed("rule_effect").set_index("rule_code")
    if code not in effects.index:
        return ""
    effect = effects.loc[code]
    figures = {
        "sheet": "the indicators counted on its sheet",
        "return": "all indicators of the return",
        "indicator": f"indicator {effect['indicator_code']}",
    }
    return f"{figures[effect['endangers']]}, {effect['fitness']}."


def _limits(code: str) -> str:
    """Return the limits of the rule in words."""
    names = read_seed("measure").set_index("measure")["measure_name"]
    words = []
    for rate in read_seed("rule_rate").query("rule_code == @code").to_dict("records"):
        part, base = (
            names[rate[f"{side}_measure"]]
            + ("" if rate[f"{side}_breakdown"] == "all" else f", {rate[f'{side}_breakdown']}")
            for side in ("part", "base")
        )
        limits = [f"above {rate['more_than']}"] if rate["more_than"] else []
        limits += [f"at most {rate['at_most']}"] if rate["at_most"] else []
        service = f" ({rate['service']})" if rate["service"] else ""
        words.append(
            RATE.format(part=part, base=base, limits=", ".join(limits), least=rate["least_base"]) + service + "."
        )
    for pair in read_seed("rule_comparison").query("rule_code == @code").to_dict("records"):
        more = f" and {names[pair['with_measure']]} together" if pair["with_measure"] else ""
        words.append(f"{names[pair['part_measure']]}: at most {names[pair['whole_measure']]}{more}.")
    for limit in read_seed("rule_limit").query("rule_code == @code").to_dict("records"):
        given = {name: limit[name] for name in ("least_size", "limit_value", "other_limit") if limit[name]}
        numbers = ", ".join(f"`{name}` {value}" for name, value in given.items())
        words.append(f"{limit['description']} Here {numbers}.")
    return " ".join(words)


def main(path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
