"""A Docker engine for `sam local`: the machine's own, or a private one that leaves nothing behind but its folder.

The private one is Debian's, unpacked and not installed, with a base image made of files that are here: no registry is asked.
That image has the function's Python and Lambda's client on this machine's system libraries, not on Amazon's. It proves the
template, the artifact's layout, the handler's name, that the code folder is read-only, memory and time limits.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from skill.deploy.tools import FUNCTION_PYTHON, SAM, TOOLS, MissingToolError, function_python

FOLDER = TOOLS / "engine"

UNPACKED = FOLDER / "unpacked"

PACKAGES = ("docker.io", "busybox-static")

SECONDS_TO_START = 30

SHELL = ("sh", "mv", "cp", "rm", "chmod", "mkdir", "ls", "cat", "env", "ln")
"""What the runtime, and SAM's own layer over the image, run."""

WITHOUT = ("site-packages", "test", "idlelib", "ensurepip", "tkinter", "turtledemo", "config-*", "__pycache__")

BOOTSTRAP = f"""#!/bin/sh
export AWS_EXECUTION_ENV=AWS_Lambda_python{FUNCTION_PYTHON}
exec /var/lang/bin/python{FUNCTION_PYTHON} -m awslambdaric "$_HANDLER"
"""

IMAGE_NAME = """
from samcli.local.docker.lambda_image import LambdaImage, Runtime
print(LambdaImage._INVOKE_REPO_PREFIX + "/" + Runtime.get_image_name_tag("python{version}", "x86_64"))
"""


class Engine(NamedTuple):
    """A running engine."""

    name: str
    """which one it is, for people"""
    variables: Mapping[str, str]
    """for whoever calls it, SAM or the docker command"""
    is_private: bool
    """its base image is the one made here, and there is none to pull"""


@contextmanager
def running_engine() -> Iterator[Engine]:
    """The machine's engine where one answers, or else a private one until the `with` is left."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if _answers(host):
        yield Engine(f"the Docker engine at {host}", dict(os.environ), is_private=False)
        return
    if os.geteuid() != 0 or not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise MissingToolError(
            f"No Docker engine answers at {host}. Start Docker, or run as root on Debian or Ubuntu, where one is unpacked for "
            "the occasion; make invoke EMULATOR=1 needs neither."
        )
    if not (FOLDER / "ready").exists():
        _unpack()
    with tempfile.TemporaryDirectory(prefix="body-signals-") as folder, _started(Path(folder)) as engine:
        if not _runs(["docker", "image", "inspect", _image_name()], engine.variables):
            _make_image(Path(folder), engine)
        yield engine


def _unpack() -> None:
    """Fetch Debian's packages with all they need that is not installed, and unpack them into a folder of ours."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "packages" / "partial").mkdir(parents=True)
    get = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "--reinstall", "--download-only"]
    get += ["-o", f"Dir::Cache::archives={FOLDER / 'packages'}", *PACKAGES]
    if not _runs(get, os.environ):
        # The lists of packages may be old or missing, as on a new machine.
        _run(["apt-get", "update", "--quiet"], os.environ)
        _run(get, os.environ)
    for package in (FOLDER / "packages").glob("*.deb"):
        _run(["dpkg-deb", "--extract", str(package), str(UNPACKED)], os.environ)
    shutil.rmtree(FOLDER / "packages")
    (FOLDER / "ready").touch()


@contextmanager
def _started(folder: Path) -> Iterator[Engine]:
    host = f"unix://{folder / 'docker.sock'}"
    libraries = [str(each) for each in UNPACKED.glob("usr/lib/*-linux-gnu")]
    variables = {
        **os.environ,
        "PATH": f"{UNPACKED / 'usr/bin'}:{UNPACKED / 'usr/sbin'}:{UNPACKED / 'sbin'}:{os.environ.get('PATH', '')}",
        "DOCKER_HOST": host,
    }
    # It leaves the machine's network alone: a published port goes through a program of its own, and nothing leads outside.
    command = ["dockerd", "--data-root", str(FOLDER / "data"), "--exec-root", str(folder / "run"), "--host", host]
    command += [
        "--pidfile",
        str(folder / "pid"),
        "--iptables=false",
        "--ip6tables=false",
        "--ip-forward=false",
        "--ip-masq=false",
    ]
    bridge = Path("/sys/class/net/docker0")
    had_bridge = bridge.exists()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 (what was unpacked)
            command, env={**variables, "LD_LIBRARY_PATH": ":".join(libraries)}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        end = time.monotonic() + SECONDS_TO_START
        while not _answers(host):
            if process.poll() is not None or time.monotonic() > end:
                last = (folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
                raise MissingToolError("A private Docker engine does not start on this machine. It told:\n" + "\n".join(last))
            time.sleep(0.1)
        yield Engine("a private Docker engine, with a base image made here", variables, is_private=True)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        if not had_bridge and bridge.exists() and shutil.which("ip"):
            _runs(["ip", "link", "delete", "docker0"], os.environ)


def _make_image(folder: Path, engine: Engine) -> None:
    """Import a base image under the name that SAM asks for."""
    python = function_python()
    if python is None:
        raise MissingToolError(f"The base image is made of a Python {FUNCTION_PYTHON}, and there is none here.")
    root = folder / "root"
    for name in (
        "bin",
        "etc",
        "tmp",
        "proc",
        "dev",
        "sys",
        "var/task",
        "var/runtime",
        "var/rapid",
        "var/lang/bin",
        "var/lang/lib",
    ):
        (root / name).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    shutil.copy(UNPACKED / "bin" / "busybox", root / "bin")
    for name in SHELL:
        (root / "bin" / name).symlink_to("busybox")
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="ascii")
    prefix = Path(_run([str(python), "-c", "import sys; print(sys.base_prefix)"], os.environ).strip())
    binary = (prefix / "bin" / f"python{FUNCTION_PYTHON}").resolve()
    shutil.copy(binary, root / "var/lang/bin" / f"python{FUNCTION_PYTHON}")
    library = f"lib/python{FUNCTION_PYTHON}"
    shutil.copytree(prefix / library, root / "var/lang" / library, symlinks=True, ignore=shutil.ignore_patterns(*WITHOUT))
    for shared in (prefix / "lib").glob("libpython*.so*"):
        shutil.copy(shared, root / "var/lang/lib", follow_symlinks=False)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--root-user-action", "ignore", "--target", str(root / "var/runtime")]
    _run([*pip, *_client_version()], os.environ)
    bootstrap = root / "var/runtime/bootstrap"
    bootstrap.write_text(BOOTSTRAP, encoding="ascii")
    bootstrap.chmod(0o755)
    _copy_libraries(root, prefix)
    archive = folder / "root.tar"
    _run(["tar", "-C", str(root), "-cf", str(archive), "."], os.environ)
    changes = ["PATH=/var/lang/bin:/bin", "LD_LIBRARY_PATH=/var/lang/lib:/var/task/lib", "TZ=:UTC", "LANG=en_US.UTF-8"]
    changes += ["PYTHONPATH=/var/runtime", "LAMBDA_TASK_ROOT=/var/task", "LAMBDA_RUNTIME_DIR=/var/runtime"]
    options = [part for each in changes for part in ("--change", f"ENV {each}")]
    _run(["docker", "import", *options, "--change", "WORKDIR /var/task", str(archive), _image_name()], engine.variables)


def _copy_libraries(root: Path, prefix: Path) -> None:
    """Copy every shared library that Python and its modules need, to the path that it has here."""
    files = [root / "var/lang/bin" / f"python{FUNCTION_PYTHON}", *root.rglob("*.so*")]
    for line in _run(["ldd", *map(str, files)], os.environ).splitlines():
        name, arrow, target = line.strip().partition(" => ")
        # The loader stands alone on its line, all others after an arrow, and before an address.
        path = (target if arrow else name).partition(" (")[0]
        if path.startswith("/") and "(" in line and not path.startswith((str(prefix), str(root))):
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path[1:])


def _client_version() -> Sequence[str]:
    """The client that the emulator uses, as pip would be asked for it."""
    listed = _run([str(TOOLS / "client" / "bin" / "python"), "-m", "pip", "freeze"], os.environ).splitlines()
    return [line for line in listed if line.startswith("awslambdaric==")]


def _image_name() -> str:
    return _run([str(SAM.parent / "python"), "-c", IMAGE_NAME.format(version=FUNCTION_PYTHON)], os.environ).strip()


def _answers(host: str) -> bool:
    if not host.startswith("unix://"):
        return _runs(["docker", "version"], os.environ)
    with closing(socket.socket(socket.AF_UNIX)) as connection, suppress(OSError):
        connection.settimeout(2)
        connection.connect(host.removeprefix("unix://"))
        connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
        return b" 200 " in connection.recv(100)
    return False


def _run(command: Sequence[str], variables: Mapping[str, str]) -> str:
    run = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)  # noqa: S603 (ours)
    if run.returncode:
        raise MissingToolError(f"{' '.join(command[:4])} ... failed:\n{run.stderr.strip()}")
    return run.stdout


def _runs(command: Sequence[str], variables: Mapping[str, str]) -> bool:
    try:
        return subprocess.run(command, env=variables, capture_output=True, check=False).returncode == 0  # noqa: S603 (ours)
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    # For CI, which leaves `make test-sam` out where no engine can be had.
    try:
        with running_engine() as found:
            print(f"sam local can run in {found.name}.")
    except MissingToolError as error:
        sys.exit(str(error))
