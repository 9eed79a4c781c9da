"""Take the pictures of the national report that docs/report.md shows: pages in Chromium, and pages of its PDF.

Usage: python scripts/report_pictures.py REPORT, the folder of a report. Chromium must be on the machine.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).resolve().parents[1] / "docs" / "report"
PHONE, DESKTOP = {"width": 375, "height": 700}, {"width": 1100, "height": 900}
PAGES = (
    ("index.html", DESKTOP, "light", "headlines-desktop"),
    ("index.html", PHONE, "dark", "headlines-phone"),
    ("indicator-2.html", PHONE, "light", "indicator-phone"),
    ("action-plans.html", DESKTOP, "light", "plans-desktop"),
    ("good-practice.html", PHONE, "light", "practice-phone"),
)
PRINTED = (1, 6)  # pages of the PDF
POINTS = 60  # a page's dots to the inch


def take(report: Path) -> list[Path]:
    """Take the pictures and return their paths."""
    DOCS.mkdir(exist_ok=True)
    taken = []
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for page, size, scheme, name in PAGES:
            shown = browser.new_page(viewport=size, color_scheme=scheme)
            shown.goto((report / page).resolve().as_uri())
            taken.append(DOCS / f"{name}.png")
            shown.screenshot(path=taken[-1])
            shown.close()
        browser.close()
    for number in PRINTED:
        path = DOCS / f"pdf-{number}"
        options = ["-png", "-r", str(POINTS), "-f", str(number), "-l", str(number), "-singlefile"]
        subprocess.run(["pdftoppm", *options, report / "report.pdf", path], check=True)
        taken.append(path.with_suffix(".png"))
    return taken


if __name__ == "__main__":
    for path in take(Path(sys.argv[1])):
        print(f"{path.name}: {path.stat().st_size // 1000} kB")
