import pytest

WORK = '''
"""Works that take no fit: their results and their accidents are the texts of the files."""
import dataclasses, os, signal, time


@dataclasses.dataclass(frozen=True)
class Measure:
    seconds: float = 0.0
    option: str = ""

    def __call__(self, path, folder):
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "tries", "a") as file:
            file.write(f"{os.getpid()} ")
        tries = len((folder / "tries").read_text().split())
        text = path.read_text(encoding="utf-8")
        if text == "refused":
            raise ValueError("no injected current")
        if text == "bug":
            return {"x": 1 / 0}
        if text == "killed" or (text == "killed once" and tries == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "ends":
            os._exit(3)
        if text == "crashes":
            os.kill(os.getpid(), signal.SIGSEGV)
        if text == "exits":
            raise SystemExit("a library that exits")
        if text == "tuple":
            return {("x", 1): 1.0}
        print("words of a library")
        time.sleep(self.seconds)
        return {"length (letters)": len(text), "devices": os.environ.get("JAX_NUM_CPU_DEVICES")}
'''


@pytest.fixture
def measure(tmp_path, monkeypatch):
    """A work that other processes can import."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "membrax_test_work.py").write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path / "modules")
    from membrax_test_work import Measure

    return Measure


@pytest.fixture
def folder(tmp_path):
    """A function that fills a folder with files by their names and texts."""

    def fill(**texts):
        for name, text in texts.items():
            path = tmp_path / "data" / name.replace("__", "/")
            path = path.with_name(path.name + ".csv")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / "data"

    return fill


@pytest.fixture
def tries():
    """The number of times that the work on a cell began."""
    return lambda out, name: len((out / "cells" / name / "tries").read_text().split())
