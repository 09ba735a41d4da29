"""Measures the built function's start and its answers, beside other functions, in the runtime interface emulator.

The others are a skill as the SDK's documentation teaches it, as a plain `sam build` packs it; the same with its byte code
mended; and a handler of `json` alone, below which no Python on Lambda gets.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from skill.deploy.emulator import HANDLER, emulated
from skill.deploy.tools import CLIENT, FUNCTION_PYTHON, SAM, MissingToolError, function_python

HELLO_WORLD = """
from ask_sdk_core.dispatch_components import AbstractExceptionHandler, AbstractRequestHandler
from ask_sdk_core.skill_builder import SkillBuilder
from ask_sdk_core.utils import is_intent_name, is_request_type


class LaunchRequestHandler(AbstractRequestHandler):
    def can_handle(self, handler_input):
        return is_request_type("LaunchRequest")(handler_input)

    def handle(self, handler_input):
        speech = "Welcome, you can say hello."
        return handler_input.response_builder.speak(speech).ask(speech).response


class HelloWorldIntentHandler(AbstractRequestHandler):
    def can_handle(self, handler_input):
        return is_intent_name("HelloWorldIntent")(handler_input)

    def handle(self, handler_input):
        return handler_input.response_builder.speak("Hello world.").response


class SessionEndedRequestHandler(AbstractRequestHandler):
    def can_handle(self, handler_input):
        return is_request_type("SessionEndedRequest")(handler_input)

    def handle(self, handler_input):
        return handler_input.response_builder.response


class CatchAllExceptionHandler(AbstractExceptionHandler):
    def can_handle(self, handler_input, exception):
        return True

    def handle(self, handler_input, exception):
        return handler_input.response_builder.speak("Sorry, there was a problem.").response


sb = SkillBuilder()
sb.add_request_handler(LaunchRequestHandler())
sb.add_request_handler(HelloWorldIntentHandler())
sb.add_request_handler(SessionEndedRequestHandler())
sb.add_exception_handler(CatchAllExceptionHandler())
handler = sb.lambda_handler()
"""

JSON_ALONE = """
import json

RESPONSE = json.loads('{"version": "1.0", "response": {"outputSpeech": {"type": "SSML", "ssml": "<speak>Hello.</speak>"}}}')


def handler(event, context):
    return RESPONSE
"""

TEMPLATE = f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties: {{CodeUri: code, Handler: lambda_function.handler, Runtime: python{FUNCTION_PYTHON}, Timeout: 7}}
"""

MEGABYTES_OF_A_CORE = 1_769
"""A function with this much memory has one processor, with less of it less of that."""

PATIENT = {"AWS_LAMBDA_FUNCTION_TIMEOUT": "30"}
"""With little of a processor, others would not be done within the time that Alexa waits."""

PERIOD = 20_000
"""Microseconds in which a function gets its share of a processor."""


class Function(NamedTuple):
    name: str
    artifact: Path
    handler: str
    event: Any


class Times(NamedTuple):
    """Milliseconds of one function, a figure for each round."""

    name: str
    rounds: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


def functions(artifact: Path, question: Any, launch: Any, folder: Path) -> list[Function]:
    """Ours, asked a real question, and the others, launched. Builds those below `folder`."""
    hello = _sam_build(folder / "hello-world", HELLO_WORLD, "ask-sdk-core==1.19.0\n")
    mended = folder / "hello-world-mended"
    shutil.rmtree(mended, ignore_errors=True)
    shutil.copytree(hello, mended)
    compileall = ["-W", "ignore", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([str(_python()), *compileall, str(mended)], check=True)  # noqa: S603 (a Python, and our own copy)
    floor = folder / "json-alone"
    floor.mkdir(parents=True, exist_ok=True)
    (floor / "lambda_function.py").write_text(JSON_ALONE, encoding="utf-8")
    other = "lambda_function.handler"
    return [
        Function("Body Signals, first answer", artifact, HANDLER, question),
        Function("hello world, sam build", hello, other, launch),
        Function("hello world, byte code mended", mended, other, launch),
        Function("json alone", floor, other, launch),
    ]


def measure_cold(compared: Sequence[Function], rounds: int, memory: int = 0) -> list[Times]:
    """From the event to the answer of a function that is not yet started, in turns; with the processor that `memory` gives."""
    found: list[list[float]] = [[] for _ in compared]
    with _share(memory) as prefix:
        for _ in range(rounds):
            for at, each in enumerate(compared):
                with emulated(each.artifact, PATIENT, handler=each.handler, prefix=prefix) as emulator:
                    found[at].append(emulator.invoke(each.event).milliseconds)
    return [Times(each.name, times) for each, times in zip(compared, found, strict=True)]


IN_THE_HANDLER = """
import importlib, json, sys, time
handler = importlib.import_module("lambda.lambda_function").handler
for line in sys.stdin:
    event = json.loads(line)
    started, used = time.perf_counter(), time.process_time()
    handler(event, None)
    print((time.perf_counter() - started) * 1000, (time.process_time() - used) * 1000)
"""


def measure_warm(artifact: Path, events: Sequence[Any]) -> list[Times]:
    """The time in the handler for each of `events`, in the artifact, after its start; by the clock, and of the processor.

    On a busy machine the clock runs on while others have the processor.
    """
    asked = "".join(json.dumps(event) + "\n" for event in events)
    run = subprocess.run(  # noqa: S603 (the Python that `make` set up)
        [str(CLIENT / "bin" / "python"), "-c", IN_THE_HANDLER],
        cwd=artifact,
        input=asked,
        capture_output=True,
        text=True,
        check=True,
    )
    figures = [float(figure) for figure in run.stdout.split()]
    return [Times("by the clock", figures[::2]), Times("of the processor", figures[1::2])]


def cold_table(measured: Sequence[Times]) -> str:
    """Medians, and of ours to each of the others the median of the ratios within a round."""
    ours = measured[0]
    lines = [f"{'first answer after a start':<32}{'median ms':>11}{'fastest':>9}{'ours is':>10}"]
    for each in measured:
        ratio = statistics.median(mine / other for mine, other in zip(ours.rounds, each.rounds, strict=True))
        lines.append(f"{each.name:<32}{each.median:>11.1f}{min(each.rounds):>9.1f}{ratio:>9.2f}x")
    return "\n".join(lines)


def memory_table(measured: dict[int, Sequence[Times]]) -> str:
    """The first answer with the share of a processor that each size of memory gives."""
    names = [each.name for each in next(iter(measured.values()))]
    lines = [f"{'MB':>6}{'core':>7}" + "".join(f"{name:>32}" for name in names)]
    for memory, times in measured.items():
        lines.append(f"{memory:>6}{memory / MEGABYTES_OF_A_CORE:>7.2f}" + "".join(f"{each.median:>29.1f} ms" for each in times))
    return "\n".join(lines)


def warm_table(measured: Sequence[Times]) -> str:
    lines = [f"{'answers in the handler, ms':<28}{'answers':>8}{'median':>8}{'p95':>8}{'p99':>8}{'longest':>9}"]
    for each in measured:
        percentiles = statistics.quantiles(each.rounds, n=100)
        figures = (percentiles[49], percentiles[94], percentiles[98])
        lines.append(
            f"{each.name:<28}{len(each.rounds):>8,}"
            + "".join(f"{figure:>8.2f}" for figure in figures)
            + f"{max(each.rounds):>9.2f}"
        )
    return "\n".join(lines)


def plot(measured: Sequence[Times], file: Path) -> None:
    """Draw how long each function takes, a dot for every round."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    mpl.rcParams["svg.hashsalt"] = "body-signals"
    figure, axes = pyplot.subplots(figsize=(8, 3))
    for at, each in enumerate(reversed(measured)):
        axes.barh(at, each.median, color="#88aacc")
        axes.plot(each.rounds, [at] * len(each.rounds), "k.", alpha=0.4)
    axes.set_yticks(range(len(measured)), [each.name for each in reversed(measured)])
    axes.set(xlabel="milliseconds", title="First answer after a start")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def _sam_build(folder: Path, code: str, requirements: str) -> Path:
    """Build a function as whoever follows the documentation does."""
    (folder / "code").mkdir(parents=True, exist_ok=True)
    (folder / "code" / "lambda_function.py").write_text(code, encoding="utf-8")
    (folder / "code" / "requirements.txt").write_text(requirements, encoding="utf-8")
    (folder / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    # SAM takes the function's Python from the path, and a version manager's stand-in would not do.
    path = f"{_python().parent}:{os.environ.get('PATH', '')}"
    run = subprocess.run(  # noqa: S603 (what `make` installed)
        [str(SAM), "build"],
        cwd=folder,
        env={**os.environ, "PATH": path, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        check=False,
    )
    if run.returncode:
        raise MissingToolError(f"sam build of {folder} failed:\n{run.stderr.decode(errors='replace')}")
    return folder / ".aws-sam" / "build" / "Function"


def _python() -> Path:
    python = function_python()
    if python is None:
        raise MissingToolError(f"There is no Python {FUNCTION_PYTHON} here, which the functions to compare with are built with.")
    return python


@contextmanager
def _share(memory: int) -> Iterator[Sequence[str]]:
    """What to put before a command so that it gets the share of a processor that Lambda gives with `memory`; 0 for all."""
    if not memory:
        yield ()
        return
    root, quota = Path("/sys/fs/cgroup/cpu"), int(PERIOD * memory / MEGABYTES_OF_A_CORE)
    is_second = not root.is_dir()
    group = (root.parent if is_second else root) / f"body-signals-{os.getpid()}"
    try:
        group.mkdir()
        if is_second:
            (group / "cpu.max").write_text(f"{quota} {PERIOD}", encoding="ascii")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD), encoding="ascii")
            (group / "cpu.cfs_quota_us").write_text(str(quota), encoding="ascii")
    except OSError as error:
        raise MissingToolError(f"A share of a processor needs control groups and the right to make one ({error}).") from None
    try:
        yield ("/bin/sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(group))
    finally:
        group.rmdir()
