"""Makes the artifact's copy of the ask-sdk's model load at a start only what an answer uses.

It has a class for everything that Alexa knows, and loads all. Every `__init__.py` of it only gathers
names of the modules beside it, and the SDK's serializer finds classes by their dotted names, so nothing needs them loaded
ahead. A file that holds anything else is refused: a new release has to be looked at before it is shipped like this.
"""

from __future__ import annotations

import re
from pathlib import Path

from skill.errors import SkillError

GATHERED = re.compile(r"from \.(\w+) import (\w+)")

WITHOUT_MEANING = re.compile(r"\s*(#.*)?|from __future__ import absolute_import")

LAZY = '''\
"""Rewritten when it was packed for Lambda: each name is loaded when it is first used."""

from importlib import import_module

_MODULES = {modules!r}

_SUBMODULES = {submodules!r}

__all__ = sorted(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        value = getattr(import_module("." + _MODULES[name], __name__), name)
        globals()[name] = value
        return value
    # Importing the package used to leave its modules and packages in reach, too.
    if name in _SUBMODULES:
        return import_module("." + name, __name__)
    raise AttributeError("module " + repr(__name__) + " has no attribute " + repr(name))


def __dir__():
    return sorted({{*globals(), *_MODULES, *_SUBMODULES}})
'''

PRINTS = re.compile(r"^( +)return pprint\.pformat\(", re.MULTILINE)

CLIENT = re.compile(r"^from \.(\w+) import (\w+ServiceClient)$", re.MULTILINE)

LAZY_CLIENT = """\
def {client}(*arguments, **named):
    from . import {package}

    return {package}.{client}(*arguments, **named)

"""


class UnknownModelError(SkillError):
    """The model is not of the shape that can be made lazy."""


def make_model_lazy(model: Path) -> int:
    """Rewrite the packages of `model`, an ask_sdk_model folder. Returns how many."""
    packages = sorted(model.rglob("__init__.py"))
    for file in packages:
        modules = gathered(file)
        around = [each for each in file.parent.iterdir() if each.name not in ("__init__.py", "__pycache__")]
        submodules = sorted(each.stem for each in around if each.suffix == ".py" or each.is_dir())
        file.write_text(LAZY.format(modules=modules, submodules=submodules), encoding="utf-8")
    _make_clients_lazy(model / "services" / "service_client_factory.py")
    _make_printing_lazy(model)
    return len(packages)


def gathered(file: Path) -> dict[str, str]:
    """The names that a package gathers, and the module that each comes from."""
    modules = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if found := GATHERED.fullmatch(line):
            modules[found[2]] = found[1]
        elif not WITHOUT_MEANING.fullmatch(line):
            raise UnknownModelError(
                f"{file}:{number}: more than names of classes; pin the ask-sdk-model that lambda/requirements.txt had before"
            )
    return modules


def _make_clients_lazy(file: Path) -> None:
    """Load a service's client when the factory makes one; every skill loads the factory, few ever make a client."""
    text, count = CLIENT.subn(lambda found: LAZY_CLIENT.format(package=found[1], client=found[2]), file.read_text("utf-8"))
    if not count:
        raise UnknownModelError(
            f"{file}: imports no service client; pin the ask-sdk-model that lambda/requirements.txt had before"
        )
    file.write_text(text, encoding="utf-8")


def _make_printing_lazy(model: Path) -> None:
    """Load pprint when an object is printed: with all that it loads in turn it takes a sixth of a start."""
    for file in model.rglob("*.py"):
        text, count = PRINTS.subn(r"\1import pprint\n\1return pprint.pformat(", file.read_text(encoding="utf-8"))
        if count:
            file.write_text(text.replace("\nimport pprint", "", 1), encoding="utf-8")
