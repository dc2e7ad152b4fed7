"""What a build without a registry needs, kept in the cache: a base and wheels.

The engine and debootstrap are Debian's packages, installed once as root. The base is
Debian with its own Python under the name that the official base has: not the same
files, but the same commands in the same places.
"""

import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from dev.environments.cache import Progress, cache_dir, digest, locked
from dev.processes.supervisor import Program, Supervisor

_REPOSITORY = Path(__file__).resolve().parents[2]
_PACKAGES = {"dockerd": "docker.io", "debootstrap": "debootstrap"}
_SUITE = "bookworm"
_INSIDE = ("python3", "python3-venv", "python3-pip", "ca-certificates")
_PYTHON = "3.11"
REQUIREMENTS = ("operator", "worker", "evidently")


def ensure_packages(progress: Progress = print) -> None:
    """Install the Debian packages that are missing; StartError if that fails."""
    path = "/usr/sbin:/usr/bin:/sbin:/bin"
    missing = [
        package
        for program, package in _PACKAGES.items()
        if shutil.which(program, path=path) is None
    ]
    if not missing:
        return
    progress(f"installing {' and '.join(missing)} with apt-get")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends"]
    with Supervisor(cache_dir() / "image" / "apt", progress) as supervisor:
        for name, command in {
            "apt-update": ["apt-get", "update", "--quiet"],
            "apt-install": [*install, *missing],
        }.items():
            program = Program(name=name, command=command, environment=quiet)
            supervisor.run_to_end(program)


def ensure_base(progress: Progress = print) -> Path:
    """Return the folder that holds the base's root file system."""
    ensure_packages(progress)
    key = digest(_SUITE, *_INSIDE, platform.machine())
    home = cache_dir() / "image" / f"base-{key}"
    root, complete = home / "root", home / ".complete"
    with locked(f"image-base-{key}", progress):
        if complete.exists():
            return root
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        progress("making the base with debootstrap")
        command = ["debootstrap", "--variant=minbase", f"--include={','.join(_INSIDE)}"]
        with Supervisor(home, progress) as supervisor:
            supervisor.run_to_end(
                Program(name="debootstrap", command=[*command, _SUITE, str(root)])
            )
        for name in ("python", "python3"):
            (root / "usr/local/bin" / name).symlink_to("/usr/bin/python3")
        for waste in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc"):
            shutil.rmtree(root / waste, ignore_errors=True)
        complete.touch()
    return root


def ensure_wheels(progress: Progress = print) -> Path:
    """Return a folder with the pinned wheels of all images, their hashes checked."""
    files = [_REPOSITORY / "requirements" / f"{name}.txt" for name in REQUIREMENTS]
    key = digest(*(file.read_bytes() for file in files), platform.machine())
    home = cache_dir() / "image" / f"wheels-{key}"
    wheels, complete = home / "wheels", home / ".complete"
    with locked(f"image-wheels-{key}", progress):
        if complete.exists():
            return wheels
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        progress("fetching the wheels of the images")
        with tempfile.TemporaryDirectory() as directory:
            _download(Path(directory), files, wheels, progress)
        complete.touch()
    return wheels


def _download(
    directory: Path, files: list[Path], wheels: Path, progress: Progress
) -> None:
    pip = str(directory / "pip" / "bin" / "python")
    options = [
        *("--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"),
        *("--only-binary=:all:", f"--python-version={_PYTHON}", f"--dest={wheels}"),
    ]
    with Supervisor(directory / "supervisor", progress) as supervisor:
        make = [sys.executable, "-m", "venv", str(directory / "pip")]
        supervisor.run_to_end(Program(name="venv", command=make))
        for file in files:
            download = [pip, "-m", "pip", "download", *options, f"--requirement={file}"]
            supervisor.run_to_end(Program(name=file.stem, command=download))


def make_context(directory: Path, wheels: Path) -> Path:
    """Make a build context: what Git tracks or would, and the wheels beside it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=_REPOSITORY,
        capture_output=True,
        check=True,
    )
    wanted = ("Dockerfile", ".dockerignore", "requirements/", "operator/", "drift/")
    for name in filter(None, listed.stdout.decode().split("\0")):
        source = _REPOSITORY / name
        if name.startswith((*wanted, "dev/image/")) and source.exists():
            target = directory / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    shutil.copytree(wheels, directory / "wheels")
    return directory
