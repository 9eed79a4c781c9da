"""The results of one organisation as one page that needs nothing beside itself."""

from functools import cache
from pathlib import Path

import jinja2

from wres import results_charts as charts
from wres import results_content as words
from wres.pack_content import counted
from wres.reference import setting
from wres.results_content import Results

STYLES = ("report.css", "results.css")  # that of every report, and what this page has besides


def write_page(path: Path, results: Results) -> Path:
    """Write the page and return its path."""
    style = "".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in STYLES)
    path.write_text(_template().render(results=results, style=style), encoding="utf-8")
    return path


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.globals |= {"charts": charts, "words": words, "counted": counted, "setting": setting}
    environment.globals |= {"services": words.service_names(), "group_names": words.group_names()}
    return environment.from_string(Path(__file__).with_name("results_page.html").read_text(encoding="utf-8"))
