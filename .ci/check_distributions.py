"""Build the sdist and, from it, the wheel; check what is in them; use the wheel from elsewhere.

Usage: python .ci/check_distributions.py FOLDER (which is emptied)
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# A folder of the checkout, and where all of it, and nothing else, stands in the distribution.
IN_SDIST = {
    name: name
    for name in (".ci", "docs", "examples", "fixtures", "implementations", "src", "tests")
}
IN_WHEEL = {
    "src/backproof": "backproof",
    "implementations": "backproof/implementations",
    "fixtures": "backproof/fixtures",
}

# What a porter writes.
SUITE = """\
from backproof.testing import parametrize_with_vectors
from my_port import PlainPython

@parametrize_with_vectors(PlainPython)
def test_conforms(check):
    check()
"""
ID = "test_conforms[float64-tutorial/row-1/gradients]"


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
    run(scripts / "python", "-m", "pip", "install", "--quiet", f"{wheel}[testing]")
    run(scripts / "backproof", "check", cwd=work)
    with tempfile.TemporaryDirectory() as folder:  # outside the checkout and its pytest settings
        check_porters_suite(scripts / "python", Path(folder))


def check_porters_suite(python: Path, folder: Path) -> None:
    """Run the suite of a port that conforms, and of one in which ∂E/∂w7 is doubled."""
    source = (ROOT / "implementations" / "plain_python.py").read_text(encoding="utf-8")
    (folder / "test_my_port.py").write_text(SUITE, encoding="utf-8")

    (folder / "my_port.py").write_text(source, encoding="utf-8")
    said = pytest(python, folder, status=0)
    if ID not in said or " passed in " not in said:
        sys.exit(f"{said}\n{ID} did not run")

    right, wrong = "dE_dw7 += delta_y2 * out_h1", "dE_dw7 += 2 * delta_y2 * out_h1"
    assert right in source
    (folder / "my_port.py").write_text(source.replace(right, wrong), encoding="utf-8")
    said = pytest(python, folder, status=1)
    failure = said.partition(f"_ {ID} _")[2].partition("\n____")[0]
    expected = "W2[1][0] (∂E/∂w7) exceeds its error bound: expected -0.0414734"
    if f"AssertionError: {expected}" not in failure:
        sys.exit(f"{said}\n{ID} does not say what is wrong")
    if "Traceback" in said or "site-packages" in failure:
        sys.exit(f"{failure}\n{ID} says more than what is wrong")


def pytest(python: Path, folder: Path, *, status: int) -> str:
    """Return what pytest says; exit if its status is another."""
    command = [python, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-W", "error"]
    print("$", *command, "# in", folder, flush=True)
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode != status:
        sys.exit(f"{done.stdout}{done.stderr}\nexit status {done.returncode}, not {status}")
    return done.stdout


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
