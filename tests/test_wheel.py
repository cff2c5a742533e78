"""The wheel, built and used outside of the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CONTENT = ("exercises", "solutions", "graders", "reference")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel was installed into, as the only dlex on the path."""
    folder = tmp_path_factory.mktemp("site-packages") / "site-packages"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(folder),
        str(wheel),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def run(installed: Path, cwd: Path, code: str) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DLEX")}
    code = f"import sys; sys.path.insert(0, {str(installed)!r})\n{code}"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120
    )


def test_nothing_leaks_to_the_top_level(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert names == {"dlex", f"dlex-{wheel.name.split('-')[1]}.dist-info"}


def test_the_whole_course_is_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in CONTENT:
        for path in (ROOT / folder).rglob("*.py"):
            assert f"dlex/_course/{path.relative_to(ROOT).as_posix()}" in names
    assert "dlex/_course/exercises/course.toml" in names
    for path in (ROOT / "exercises" / "locale").rglob("*.mo"):
        assert f"dlex/_course/{path.relative_to(ROOT).as_posix()}" in names
    for path in (ROOT / "src" / "dlex" / "locale").rglob("*.mo"):
        assert path.relative_to(ROOT / "src").as_posix() in names


def test_speaks_chinese(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "from dlex.cli import main; main(['list', '--lang', 'zh'])")
    assert "ch03  线性神经网络" in done.stdout, done.stderr
    done = run(installed, tmp_path, "from dlex.cli import main; main(['--lang', 'zh', '--help'])")
    assert "列出章和练习。" in done.stdout and "显示这段说明并退出。" in done.stdout


def test_checks_with_the_bundled_course(installed: Path, tmp_path: Path, solution) -> None:
    (tmp_path / "softmax.py").write_bytes(solution("softmax"))
    done = run(installed, tmp_path, "from dlex.cli import main; main(['check', 'softmax'])")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "14 of 14 points" in done.stdout


def test_a_submission_cannot_read_the_bundled_course(installed: Path, tmp_path: Path) -> None:
    """The course lies in site-packages, next to what a worker may read."""
    source = f"""
import os
def softmax(X):
    for folder in {CONTENT!r}:
        path = os.path.join({str(installed)!r}, "dlex", "_course", folder, "ch03", "softmax.py")
        try:
            open(path).close()
            raise SystemError("could read " + folder)
        except OSError:
            pass
    raise LookupError("could read nothing")
"""
    (tmp_path / "softmax.py").write_text(source)
    code = """
from dlex.cli import main
from dlex.worker import sandbox
for level in range(1, sandbox.probe().level + 1):
    try:
        main(["check", "softmax", "--isolation", str(level)])
    except SystemExit:
        pass
"""
    done = run(installed, tmp_path, code)
    assert "could read nothing" in done.stdout and "SystemError" not in done.stdout, done.stdout + done.stderr
