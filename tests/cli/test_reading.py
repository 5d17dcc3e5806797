"""The options of readers on the command line, and readers' sentences in its words."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import membrax as mx
from membrax.cli.main import app
from membrax.cli.reading import (
    NAMES,
    OPTIONS,
    ReaderOptions,
    on_command_line,
    read,
    reader_options,
    with_reader_options,
)
from membrax.recordings.loading import SUFFIXES, _reader

ROWS = np.column_stack([np.arange(40) * 1e-4, np.linspace(-0.07, -0.06, 40), np.linspace(-70, -50, 40), np.full(40, 5)])


@pytest.fixture
def table(tmp_path):
    """A text file of numbers alone: seconds, volts, millivolts, picoamperes."""
    np.savetxt(tmp_path / "cell.txt", ROWS, fmt="%.8g")
    return tmp_path / "cell.txt"


def given(*words):
    """The `ReaderOptions` that a command receives for these words."""
    received = []
    small = typer.Typer()

    @small.command()
    @with_reader_options
    def command(options: ReaderOptions) -> None:
        received.append(options)

    done = CliRunner().invoke(small, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return received[0]


def test_the_options_read_as_the_arguments_do(table):
    words = ("--columns", "t=0,v=2,i=3", "--units", "t=s,v=mV,i=pA", "--crop", "1:3")
    data = read(table, given(*words))
    same = mx.recordings.load(table, columns={"t": 0, "v": 2, "i": 3}, units={"t": "s", "v": "mV", "i": "pA"})
    assert data.notes == same.crop(1, 3).notes
    for name in "tvi":
        np.testing.assert_array_equal(getattr(data, name), getattr(same.crop(1, 3), name))
    assert sorted(given(*words).words) == sorted(words)


def test_each_word_becomes_a_typed_value(tmp_path):
    np.save(tmp_path / "i.npy", np.arange(6.0).reshape(2, 3))
    options = given(
        "--voltage-channel", "1", "--current-channel", "IN 2", "--dt", "0.1", "--current", "-0.05", "--electrode", "0",
        "--columns", "v=1,v=2,t=clock", "--read-sweeps", "0,3-4",
        "--current-waves", "a.ibw", "--current-waves", "b.ibw",
        "--decimal", ",", "--incomplete", "drop", "--stimulus-folder", "stimuli",
         "--bias-current", "ignore", "--protocol", "ramp", "--crop", ":650",
        "--cut", "no",
    )  # fmt: skip
    assert options.load == {
        "voltage_channel": 1, "current_channel": "IN 2", "dt": 0.1, "current": -0.05, "electrode": "0",
        "columns": {"v": [1, 2], "t": "clock"}, "sweeps": [0, 3, 4], "current_waves": ["a.ibw", "b.ibw"],
        "decimal": ",", "incomplete": "drop",
        "stimulus_folder": Path("stimuli"), "bias_current": "ignore", "protocol": "ramp",
        "cut": False,
    }  # fmt: skip
    assert options.crop == (None, 650.0)
    assert given(*options.words) == options
    np.testing.assert_array_equal(given("--current", tmp_path / "i.npy").load["current"], [[0, 1, 2], [3, 4, 5]])


def test_a_current_of_a_text_file_has_a_column_for_each_sweep(tmp_path):
    (tmp_path / "i.csv").write_text("0,1\n0,2\n0,3\n")
    np.testing.assert_array_equal(
        reader_options(current=str(tmp_path / "i.csv")).load["current"], [[0, 0, 0], [1, 2, 3]]
    )


@pytest.mark.parametrize(
    ("word", "text"),
    [("crop", "1"), ("crop", "1:2:3"), ("crop", "a:"), ("units", "mV"), ("units", "v="), ("columns", "0,1"),
     ("current", "much"), ("sweeps", "a"), ("cut", "maybe")],
)  # fmt: skip
def test_a_word_that_is_not_understood_names_its_option(word, text):
    with pytest.raises(ValueError, match=f"^{NAMES[word]} must be "):
        reader_options(**{word: text})


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("pass voltage_channel=", "pass --voltage-channel"),
        ("pass current=, in nA", "pass --current, in nA"),
        ('pass columns={"v": …}', "pass --columns v=…"),
        ('columns={"v": [1, 2]} if they are sweeps', "--columns v=1,v=2 if they are sweeps"),
        ('columns={"t": 0, "v": 2}, units={"t": "s"}', "--columns t=0,v=2 --units t=s"),
        ('units={"v": "mV"}, dt=0.1, current=0.0 (dt in ms)', "--units v=mV --dt 0.1 --current 0.0 (dt in ms)"),
        ('pass bias_current="ignore"', 'pass --bias-current "ignore"'),
        ("current=-0.1 or sweeps= or protocol=", "--current -0.1 or --read-sweeps or --protocol"),
        ('such as units={"i": "-pA"}', "such as --units i=-pA"),
        ("the part before it by Recording.crop", "the part before it by --crop"),
        ("cut=False keeps one sweep", "--cut no keeps one sweep"),
        ("input current (pA); units of the current", "input current (pA); units of the current"),
    ],
)
def test_arguments_in_a_sentence_become_options(said, shown):
    assert on_command_line(said) == shown


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_option_of_every_reader_is_one_of_the_command(suffix):
    known = set(list(inspect.signature(_reader(Path(f"cell{suffix}"))).parameters)[1:])
    assert known <= set(OPTIONS), sorted(known - set(OPTIONS))
    assert "units" in known


def test_the_command_advises_options_that_it_has(table, tmp_path):
    run = lambda *words: CliRunner().invoke(app, ["fit", *map(str, words), "--out", str(tmp_path / "out")])  # noqa: E731
    message = str(run(table).exception)
    advised = re.findall(r"(--[a-z-]+)", message)
    assert "--columns" in advised and set(advised) <= set(NAMES.values())
    assert "no input 9" in str(run(table, "--voltage-channel", "9").exception) or "--columns" in message


def test_an_option_of_another_format_is_refused_by_its_name(table):
    with pytest.raises(ValueError, match=r"\.txt files have the options .*--columns.*, got --electrode"):
        read(table, given("--electrode", "0"))


def test_igor_waves_together_are_the_sweeps_of_one_cell(shared_data):
    folder = shared_data / "recordings" / "ibw_B6_B95"
    waves = [folder / f"B6_Ch3_IDRest_{number}.ibw" for number in (181, 182, 183)]
    data, same = read(waves, given("--crop", ":700")), mx.recordings.load(waves).crop(None, 700.0)
    assert data.sweeps == 3
    np.testing.assert_array_equal(data.v, same.v)


def test_a_warning_speaks_of_options(table):
    np.savetxt(table, ROWS * [1, 1, 10, 1], fmt="%.8g")
    with pytest.warns(UserWarning, match=r"amplifier's gain.*state their unit as --units v=…$"):
        read(table, given("--columns", "t=0,v=2,i=3", "--units", "t=s,v=mV,i=pA"))


def test_a_minus_before_a_unit_reverses_the_sign(table):
    words = ("--columns", "t=0,v=2,i=3", "--units")
    data, same = (read(table, given(*words, f"t=s,v=mV,i={unit}")) for unit in ("-pA", "pA"))
    np.testing.assert_array_equal(data.i, -same.i)
