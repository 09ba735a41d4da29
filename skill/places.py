"""Where the parts of the project lie."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
KNOWLEDGE = PROJECT / "knowledge"
SCHEMAS = KNOWLEDGE / "schema"
BUILDS = PROJECT / "build"
MODELS = PROJECT / "interaction_model"
ARTIFACT = PROJECT / ".aws-sam" / "build" / "SkillFunction"


def shown_path(file: Path) -> str:
    """Name a file as its readers know it: from the project, or as it was given. Builds hold these names."""
    try:
        return str(file.resolve().relative_to(PROJECT))
    except ValueError:
        return str(file)
