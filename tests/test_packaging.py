"""However it is installed, the zoo is found: wheel, sdist, editable, bare checkout. No network."""

import glob
import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile

import pytest

import kerasgen
from kerasgen import weights

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILES = ("kerasgen", "zoo", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")
PROBE = """
import sys, kerasgen, kerasgen.registry as r
names = kerasgen.list_models()
assert "dcgan_mnist" in names, names
assert sorted(n for n in sys.modules if n in ("tensorflow", "keras", "numpy")) == []
for name in kerasgen.list_models(pretrained=True):
    assert open(r.weights_path(name), "rb").read(9)[8:] == b"{", name
print(len(names), kerasgen.__file__, r.root())
"""


def call(*words, **arguments):
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | arguments.pop("env", {})
    result = subprocess.run(words, capture_output=True, text=True, env=environment, **arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout")
    for name in FILES:
        source = os.path.join(ROOT, name)
        if os.path.isdir(source):
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory):
    """Built from the sdist, as a package index would."""
    out = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(checkout))
    (wheel,) = out.glob("*.whl")
    return wheel


def entries(names):
    return {name for name in names if name.endswith((".safetensors", ".json", ".npz"))}


@pytest.mark.long
def test_wheel_and_sdist_hold_zoo_weights_and_data(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    shipped = {f"kerasgen/zoo/weights/{name}" for name in os.listdir(os.path.join(ROOT, "zoo", "weights"))}
    assert shipped | {"kerasgen/zoo/dcgan_mnist.py", "kerasgen/data/mnist_small.npz"} <= names
    stubs = glob.glob("kerasgen/**/*.pyi", root_dir=ROOT, recursive=True)
    assert {"kerasgen/__init__.pyi", "kerasgen/data/__init__.pyi", *stubs, "kerasgen/py.typed"} <= names
    assert not any(name.startswith(("zoo/", "tests/")) for name in names)
    assert wheel.stat().st_size < weights.MAX_TOTAL_BYTES + 2e6  # code, Records and digits beside them
    (sdist,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(sdist) as file:
        inside = {name.partition("/")[2] for name in file.getnames()}
    assert {name.replace("kerasgen/zoo", "zoo") for name in entries(names)} <= inside


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory):
    """A folder into which the wheel is installed."""
    folder = tmp_path_factory.mktemp("site")
    install = ["install", "--no-deps", "--quiet", "--target", str(folder), str(wheel)]
    call(sys.executable, "-m", "pip", *install)
    return folder


@pytest.mark.long
def test_installed_wheel(site, tmp_path):
    where = call(sys.executable, "-c", PROBE, cwd=tmp_path, env={"PYTHONPATH": str(site)})
    assert str(site / "kerasgen" / "zoo") in where


@pytest.mark.long
def test_installed_wheel_with_a_checkout_in_the_way(site, checkout):
    """The working directory comes first on the path, and has kerasgen/ without kerasgen/zoo/."""
    where = call(sys.executable, "-c", PROBE, cwd=checkout, env={"PYTHONPATH": str(site)})
    assert str(checkout) in where


@pytest.mark.long
def test_editable_install(checkout, tmp_path):
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True, system_site_packages=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    # The packages of this environment, which the new one does not see by itself; at the end of
    # the path, since this environment may hold an editable kerasgen of its own.
    site = [p for p in sys.path if p.endswith("site-packages")]
    install = ["install", "--no-deps", "--no-build-isolation", "--quiet", "-e", str(checkout)]
    call(python, "-m", "pip", *install, env={"PYTHONPATH": os.pathsep.join(site)})
    where = call(python, "-c", f"import sys; sys.path += {site!r}; {PROBE}", cwd=tmp_path)
    assert str(checkout / "kerasgen") in where and str(checkout / "zoo") in where


def test_bare_checkout(checkout, tmp_path):
    where = call(sys.executable, "-c", PROBE, cwd=tmp_path, env={"PYTHONPATH": str(checkout)})
    assert str(checkout / "zoo") in where


def test_every_name_of_the_public_face_is_there():
    """The stubs are what the lazy packages offer; each of their names can be imported."""
    packages = [
        module.name for module in pkgutil.walk_packages(kerasgen.__path__, "kerasgen.") if module.ispkg
    ]
    for package in map(importlib.import_module, ["kerasgen", *packages]):
        for name in getattr(package, "__all__", ()):
            assert getattr(package, name) is not None, f"{package.__name__}.{name}"


@pytest.mark.long
def test_versions_agree(wheel):
    assert wheel.name.startswith(f"kerasgen_zoo-{kerasgen.__version__}-")
