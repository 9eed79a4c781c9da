"""The script that writes docs/questions.md, as a module: it is not part of the package."""

import importlib.util
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "questions.py"
_spec = importlib.util.spec_from_file_location("questions", SCRIPT)
questions = importlib.util.module_from_spec(_spec)
sys.modules["questions"] = questions
_spec.loader.exec_module(questions)
