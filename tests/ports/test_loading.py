"""Loading: every kind of spec, and the messages if nothing can be loaded."""

import importlib
import sys
from pathlib import Path

import pytest
from frameworks import FRAMEWORKS

from backproof import Backend, load
from backproof.errors import SpecError, Unavailable
from backproof.ports.specs import BUILT_IN, known_names
from backproof.text.resources import resource_folder

PORT = """\
from backproof import Backend

class Port(Backend):
    name = "port"
    dtypes = ("float64",)
"""


def written(folder: Path, text: str, name: str = "port.py") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_what_a_file_prints_when_it_is_imported_is_no_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load(written(tmp_path, f"print('hello')\n{PORT}"))
    assert capsys.readouterr() == ("", "hello\n")


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed distribution with a module of backends, registered as entry points."""
    written(tmp_path, PORT + "\nNOTHING = 3\n", "plugin_of_a_test.py")
    metadata = tmp_path / "plugin_of_a_test-1.0.dist-info"
    metadata.mkdir()
    written(metadata, "Metadata-Version: 2.1\nName: plugin-of-a-test\nVersion: 1.0\n", "METADATA")
    written(
        metadata,
        "[backproof.backends]\n"
        "tested = plugin_of_a_test:Port\n"
        "not-a-class = plugin_of_a_test:NOTHING\n"
        "not-there = plugin_of_a_test:Absent\n"
        "numpy = plugin_of_a_test:Port\n",
        "entry_points.txt",
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "plugin_of_a_test", raising=False)
    return tmp_path


def test_a_built_in_name_is_its_implementation(backend: type[Backend]) -> None:
    loaded = load(backend.name)
    assert (loaded.name, loaded.dtypes) == (backend.name, backend.dtypes)


def test_every_implementation_is_built_in() -> None:
    folder = resource_folder("implementations")
    found = [*folder.glob("*.py"), *folder.glob("*/port.toml")]
    files = {path.relative_to(folder).as_posix() for path in found}
    assert files == {built_in.file for built_in in BUILT_IN.values()}


def test_a_file_is_a_port(tmp_path: Path) -> None:
    assert load(written(tmp_path, PORT)).name == "port"


def test_two_files_of_one_name_are_two_ports(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first = load(written(tmp_path, PORT))
    second = load(written(tmp_path / "other", PORT.replace('"port"', '"other"')))
    assert (first.name, second.name) == ("port", "other")


def test_a_class_that_a_file_imports_is_not_its_own(tmp_path: Path, plugins: Path) -> None:
    text = PORT.replace("import Backend", "import Backend\nfrom plugin_of_a_test import Port as P")
    assert load(written(tmp_path, text)).name == "port"
    assert plugins == tmp_path


def test_a_module_and_a_class_are_a_port(plugins: Path) -> None:
    assert load("plugin_of_a_test:Port").name == "port"
    assert sys.modules["plugin_of_a_test"].__file__ == str(plugins / "plugin_of_a_test.py")


@pytest.mark.usefixtures("plugins")
def test_an_entry_point_is_a_port() -> None:
    assert load("tested").__module__ == "plugin_of_a_test"


@pytest.mark.usefixtures("plugins")
def test_the_names_known_are_the_built_in_ones_and_those_of_plugins() -> None:
    """A plug-in cannot replace a built-in backend of the same name."""
    names = known_names()
    assert names[: len(BUILT_IN)] == list(BUILT_IN)
    assert {"tested", "not-a-class", "not-there"} <= set(names[len(BUILT_IN) :])
    assert len(names) == len(set(names))


@pytest.mark.usefixtures("plugins")
def test_a_plugin_is_among_the_nearest_names() -> None:
    with pytest.raises(SpecError, match=r"^testde: .* Did you mean 'tested'\? Known: .*tested"):
        load("testde")


def test_what_resembles_nothing_is_answered_with_all_that_is_known() -> None:
    with pytest.raises(SpecError) as refused:
        load("?")
    assert str(refused.value) == (
        f"?: no backend has this name. Known: {', '.join(known_names())}; "
        "also path/to/file.py, path/to/port.toml and module:Class."
    )


@pytest.mark.parametrize(("name", "framework"), FRAMEWORKS.items(), ids=FRAMEWORKS)
def test_a_missing_framework_is_told_with_the_extra_that_installs_it(
    name: str, framework: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, framework, None)
    with pytest.raises(Unavailable) as refused:
        load(name)
    assert str(refused.value) == f"{framework} is not installed: pip install 'backproof[{name}]'"


UNLOADABLE = {
    "missing-module": ("import nowhere.at.all", "needs nowhere, which is neither installed nor"),
    "missing-module-of-backproof": (
        "import backproof.nowhere",
        "importing it raised ModuleNotFoundError(",
    ),
    "missing-name": ("from json import nowhere", "importing it raised ImportError: cannot import"),
    "exiting": ("raise SystemExit(0)", "importing it raised SystemExit: 0"),
    "raising": ("1 / 0", "importing it raised ZeroDivisionError: division by zero"),
    "syntax": ("def (", "importing it raised SyntaxError: "),
    "binary": ("\0", "importing it raised SyntaxError: "),
    "no-class": (
        "pass",
        "must define one backend class (a class with `dtypes`), but defines none",
    ),
    "two-classes": (
        f"{PORT}\nclass Other(Port): pass",
        "must define one backend class (a class with `dtypes`), but defines Port, Other",
    ),
    "unknown-dtype": (
        PORT.replace("float64", "float63"),
        "Port is not a backend:\n  `dtypes` is ('float63',): it must be a tuple of one or more",
    ),
    "other-signature": (
        f"{PORT}\n    def loss(self, params, X): ...",
        "Port is not a backend:\n  `loss` lacks the parameter `T`",
    ),
}


@pytest.mark.parametrize(("text", "message"), UNLOADABLE.values(), ids=UNLOADABLE)
def test_a_file_that_cannot_be_loaded_is_named_with_the_reason(
    tmp_path: Path, text: str, message: str
) -> None:
    spec = written(tmp_path, text)
    with pytest.raises(SpecError) as refused:
        load(spec)
    assert str(refused.value).startswith(f"{spec}: {message}")


def test_a_file_that_raises_leaves_no_module_behind(tmp_path: Path) -> None:
    before = set(sys.modules)
    with pytest.raises(SpecError):
        load(written(tmp_path, "1 / 0"))
    assert set(sys.modules) == before


def test_a_missing_module_inside_a_port_makes_it_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        load(written(tmp_path, "import nowhere"))


@pytest.mark.hostile(
    "A port", "It imports a module that lies beside it", "The module is imported, after all others"
)
def test_a_file_can_import_the_modules_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while it runs. A library that is installed comes first."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    written(tmp_path, "NAME = 'beside'\n", "a_module_beside_a_port.py")
    written(tmp_path, "1 / 0\n", "fractions.py")
    text = "from a_module_beside_a_port import NAME\nimport fractions\n"
    later = "\n    def loss(self, params, X, T):\n        import another_beside_a_port\n"
    backend = load(written(tmp_path, text + PORT.replace('"port"', "NAME") + later))
    assert backend.name == "beside"
    written(tmp_path, "1 / 0\n", "another_beside_a_port.py")
    importlib.invalidate_caches()
    with pytest.raises(ZeroDivisionError):
        backend().loss(None, None, None)  # type: ignore[arg-type]  # it never looks at them


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nowhere.py", "nowhere.py: there is no such file"),
        ("nowhere:Port", "nowhere:Port: there is no module nowhere"),
        ("plugin_of_a_test:Nothing", "plugin_of_a_test:Nothing: plugin_of_a_test has no class"),
        ("plugin_of_a_test:NOTHING", "plugin_of_a_test:NOTHING: plugin_of_a_test has no class"),
        (
            "json:JSONDecoder",
            "json:JSONDecoder: JSONDecoder is not a backend:\n  `name` is missing",
        ),
        (":Port", ":Port: names no module; a class is named as module:Class"),
        (".a:Port", ".a:Port: names no module; a class is named as module:Class"),
        ("not-a-class", "not-a-class: the entry point plugin_of_a_test:NOTHING is not a class"),
        ("not-there", "not-there: importing it raised AttributeError: "),
    ],
)
def test_a_spec_that_names_no_backend_says_why(spec: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        load(spec)
    assert str(refused.value).startswith(message)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "folder.py"
    folder.mkdir()
    with pytest.raises(SpecError, match="is a folder, not a file"):
        load(str(folder))


def test_an_interrupt_while_importing_is_not_swallowed(tmp_path: Path) -> None:
    spec = written(tmp_path, "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load(spec)
