"""Build the sdist and, from it, the wheel; check what is in them; use the wheel from elsewhere.

Usage: python .ci/check_distributions.py FOLDER (which is emptied)
"""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# A folder of the checkout, and where all of it, and nothing else, stands in the distribution.
IN_SDIST = {name: name for name in (".ci", "docs", "fixtures", "implementations", "src", "tests")}
IN_WHEEL = {
    "src/backproof": "backproof",
    "implementations": "backproof/implementations",
    "fixtures": "backproof/fixtures",
}


def main(work: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    run(sys.executable, "-m", "build", "--outdir", work, ROOT)

    [sdist] = work.glob("*.tar.gz")
    with tarfile.open(sdist) as tar:
        top = sdist.name.removesuffix(".tar.gz")
        tar.extractall(work, filter="data")
    inside = files(work / top)
    compare(sdist, {name: inside[name] for name in inside if "/" in name}, IN_SDIST)

    [wheel] = work.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    metadata = "-".join(wheel.name.split("-")[:2]) + ".dist-info/"
    compare(wheel, {n: inside[n] for n in inside if not n.startswith(metadata)}, IN_WHEEL)

    run(sys.executable, "-m", "venv", work / "empty")
    scripts = work / "empty" / ("Scripts" if sys.platform == "win32" else "bin")
    run(scripts / "python", "-m", "pip", "install", "--quiet", wheel)
    run(scripts / "backproof", "check", cwd=work)


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Exit with the status of the command if it is not 0."""
    print("$", *command, flush=True)
    if status := subprocess.run(command, cwd=cwd, check=False).returncode:
        sys.exit(status)


def files(folder: Path) -> dict[str, bytes]:
    """Map the path of every file below the folder to its contents."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def compare(distribution: Path, actual: dict[str, bytes], layout: dict[str, str]) -> None:
    """Exit with the names of the files that are missing, changed, or too many."""
    expected = {
        f"{target}/{name}": contents
        for folder, target in layout.items()
        for name, contents in files(ROOT / folder).items()
    }
    wrong = sorted(
        name for name in expected.keys() | actual.keys() if expected.get(name) != actual.get(name)
    )
    if wrong:
        sys.exit(f"{distribution.name} differs from the checkout in: {', '.join(wrong)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
