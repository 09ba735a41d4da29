"""The Lambda entry: loads the knowledge once, when the function starts, and exposes the handler."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skill.adapters.alexa import build_handler
from skill.app import App

handler = build_handler(App.load())
