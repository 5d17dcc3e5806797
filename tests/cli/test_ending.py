"""The end of commands: one line for the user's errors, the exit statuses, signals, a closed pipe."""

import os
import signal
import subprocess
import sys
import time

import pytest

from membrax.cli.ending import ended
from membrax.cli.main import app

ENV = {**os.environ, "JAX_PLATFORMS": "cpu", "NO_COLOR": "1"}


def error_of(command, capsys):
    status = ended(command)
    return status, capsys.readouterr().err


def raises(error):
    def command():
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("na.g must be at least 0"), "na.g must be at least 0"),
        (ValueError("two\n  lines"), "two lines"),
        (FileNotFoundError("there is no file x"), "there is no file x"),
        (PermissionError(13, "Permission denied", "cell.txt"), "cell.txt: Permission denied"),
        (OSError(28, "No space left on device", "fit.json"), "fit.json: No space left on device"),
        (ImportError("reading .abf files requires pyabf"), "reading .abf files requires pyabf"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_a_user_error_is_one_line_and_status_2(error, line, capsys):
    assert error_of(raises(error), capsys) == (2, f"membrax: {line}\n")


def test_an_error_of_the_program_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        ended(raises(ZeroDivisionError()))


@pytest.mark.parametrize(("code", "status"), [(None, 0), (0, 0), (1, 1), (2, 2), ("words", 2)])
def test_a_command_that_exits_keeps_its_status(code, status):
    assert ended(raises(SystemExit(code))) == status


def test_a_warning_is_one_line_without_code():
    code = "import warnings; from membrax.cli.ending import ended; ended(lambda: warnings.warn('the tip resealed'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENV, check=False)
    assert (done.returncode, done.stderr) == (0, "membrax: warning: the tip resealed\n")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_both_signals_interrupt_and_have_their_status(number, status, capsys):
    kept = []

    def command():
        try:
            os.kill(os.getpid(), number)
            time.sleep(5)
        except KeyboardInterrupt:
            kept.append("the best so far")  # as a search does

    before = signal.getsignal(number)
    assert error_of(command, capsys) == (status, f"membrax: stopped by {signal.Signals(number).name}\n")
    assert kept and signal.getsignal(number) is before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fit", "empty folder"), "empty folder has no recordings"),
        (("fit", "nowhere.abf"), "there is no file or folder nowhere.abf"),
        (("fit", "*.igor"), "no file fits the pattern *.igor"),
        (("fit", "a b/zellenö.npz"), "zellenö.npz"),
        (("fit", "letter.docx"), "letter.docx"),
        (("fit", "empty.txt"), "empty.txt"),
        (("fit", "empty.npz"), "empty.npz"),
        (("fit", "noise.abf"), "noise.abf"),
        (("fit", "noise.nwb"), "noise.nwb"),
        (("fit", "noise.txt", "--dt", "0.1"), "noise.txt"),
        (("fit", "empty.txt", "--out", "letter.docx"), "--out letter.docx"),
        (("simulate", "--out", "letter.docx/sub"), "--out letter.docx/sub"),
    ],
)
def test_files_that_are_no_recordings_are_one_sentence(words, said, tmp_path, monkeypatch, capsys):
    (tmp_path / "empty folder").mkdir()
    for name in ("letter.docx", "empty.txt", "empty.npz"):
        (tmp_path / name).touch()
    for suffix in ("abf", "nwb", "txt"):
        (tmp_path / f"noise.{suffix}").write_bytes(bytes(range(256)) * 8)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["membrax", *words])
    status, text = error_of(app, capsys)
    assert status == 2 and text.count("\n") == 1, text
    assert text.startswith("membrax: ") and said in text


CLOSED = """
import typer
from membrax.cli.ending import ended

def lines():
    for number in range(100_000):
        print(number)

app = typer.Typer()
app.command()(lines)
raise SystemExit(ended({}))
"""


@pytest.mark.parametrize("command", ["app", "lines", "lambda: print(1)"])
def test_a_closed_pipe_is_no_traceback(command):
    words = [sys.executable, "-c", CLOSED.format(command)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV) as running:
        running.stdout.close()
        errors = running.stderr.read()
    assert running.returncode == 141 and errors == ""
