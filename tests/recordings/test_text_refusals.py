"""Files under a text name that are no delimited text, and lines that are no rows: each is named for what it is."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from membrax.recordings import load

T = np.round(0.1 * np.arange(20), 4)
ROWS = "".join(f"{t:g},{-65 + t:g},0\n" for t in T)
HEAD = "t (ms),V (mV),I (pA)\n"
NOISE = np.random.default_rng(0).bytes(2000)


def test_binary_data_are_refused(tmp_path):
    path = tmp_path / "cell.dat"
    path.write_bytes(b"DAT2".ljust(8, b"\0") + b"v2x90.2".ljust(32, b"\0") + NOISE)
    with pytest.raises(ValueError, match=r"cell\.dat holds a HEKA PatchMaster bundle: export the sweeps there as text"):
        load(path)
    path.write_bytes(NOISE)
    with pytest.raises(ValueError, match=r"cell\.dat is no text: it holds binary data .* \(it begins with b'"):
        load(path)


def test_a_text_may_begin_like_a_binary_format(tmp_path):
    path = tmp_path / "cell.csv"
    path.write_text("DATA of cell 3\n" + HEAD + ROWS)
    assert load(path).v.shape == (1, 20)


@pytest.mark.parametrize(("content", "size"), [("", "0 bytes"), ("\r\n \n", "4 bytes, all of them blank")])
def test_empty_files_are_named(tmp_path, content, size):
    path = tmp_path / "cell.txt"
    path.write_bytes(content.encode())
    with pytest.raises(ValueError, match=rf"cell\.txt is empty \({size}\); export the recording again"):
        load(path)


def test_a_text_without_numbers_shows_a_line(tmp_path):
    path = tmp_path / "cell.txt"
    path.write_text("\nhello\nworld\n")
    with pytest.raises(ValueError, match=r'no row of numbers: line 2 is "hello"; it must have one row of numbers per'):
        load(path)
    path.write_text("Time,V (mV)\n12:00:00.1,-65\n12:00:00.2,-65\n")
    with pytest.raises(
        ValueError, match=r'line 2 is "12:00:00.1,-65", where .* it seems to be a date or a time of day'
    ):
        load(path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("\n1.5,", "\n1.5;", r'line 17 \("1\.5;-63\.5,0"\): "1\.5;-63\.5" is no number; mend the field'),
        ("\n1.5,", "\nx1.5,", r'line 17 \("x1\.5,-63\.5,0"\): "x1\.5" is no number'),
        ("-63.5,0", "-63.5", r'line 17 \("1\.5,-63\.5"\) has 2 fields, where other rows have 3; mend or remove'),
        ("-63.5,0", "-63.5,0,7", r'line 17 \("1\.5,-63\.5,0,7"\) has 4 fields, where other rows have 3'),
        ("-63.5,0", "clipped,0", r'line 17 .*"clipped" is no number; mend the field, or end the file above it'),
        ("\n1.5,-63.5,0", "\noff", r'rows are missing above line 18, where the time goes from 1\.4 to 1\.6 .*"off"'),
    ],
)
def test_a_bad_row_is_located(tmp_path, old, new, words):
    path = tmp_path / "cell.csv"
    path.write_text(HEAD + ROWS.replace(old, new))
    with pytest.raises(ValueError, match=rf"cell\.csv.*{words}"):
        load(path)


@pytest.mark.parametrize(
    ("tail", "samples", "note"),
    [
        ("end of trace\n", 20, 'lines below the numbers were left out: "end of trace"'),
        ("\n\nmean of V\nsaved by me\n", 20, '"mean of V / saved by me"'),
        ("2.0,-6", 20, 'left out from line 22 on, which is no complete row: "2.0,-6"'),
        ("2.0,-", 20, "left out from line 22 on"),
        ("2.0,-63,0", 21, None),
        (",,\n,,\n", 20, None),
        ("# done\n", 20, None),
        ("\x1a", 20, None),
    ],
)
def test_lines_below_the_numbers_are_left_out(tmp_path, tail, samples, note):
    path = tmp_path / "cell.csv"
    path.write_text(HEAD + ROWS + tail)
    data = load(path)
    assert data.v.shape == (1, samples)
    assert note is None or any(note in one for one in data.notes)


def test_several_bad_rows_at_the_end_are_refused(tmp_path):
    path = tmp_path / "cell.csv"
    path.write_text(HEAD + ROWS + "2.0,-6\n2.1,-6\n")
    with pytest.raises(ValueError, match=r'line 22 \("2\.0,-6"\) has 2 fields, where other rows have 3'):
        load(path)
    path.write_text(HEAD + ROWS + "mean,-64,0\nsd,1,0\n")
    assert load(path).v.shape == (1, 20)


def test_comments_and_words_between_rows(tmp_path):
    path = tmp_path / "cell.csv"
    path.write_text(
        HEAD + ROWS.replace("\n1.5,", " # step\n# a comment, 3\n1.5,").replace("\n0.7,", "\n-- on --\n0.7,")
    )
    data = load(path)
    assert data.v.shape == (1, 20)
    assert any('words between rows were left out: above line 10 ("-- on --")' in note for note in data.notes)


def test_words_between_rows_without_time_are_refused(tmp_path):
    path = tmp_path / "vm.txt"
    column = "".join(f"{-65 + k / 8}\n" for k in range(9))
    path.write_text("Vm (mV)\n" + column + "pause\n" + column)
    with pytest.raises(ValueError, match=r'words between its rows, above line 12 \("pause"\), and no time that says'):
        load(path, dt=0.1, current=0.0)
    path.write_text("# sweep 1\n" + column + "# sweep 2\n" + column)
    assert load(path, columns={"v": 0}, units={"v": "mV"}, dt=0.1, current=0.0).sweeps == 2


def test_rows_that_are_sweeps_are_refused(tmp_path):
    path = tmp_path / "cell.csv"
    np.savetxt(path, np.full((4, 500), -65.5), delimiter=",")
    with pytest.raises(ValueError, match=r"has 4 rows of 500 numbers: its rows seem to be sweeps.*transpose the file"):
        load(path)


def test_a_line_of_absurd_length_is_refused(tmp_path):
    path = tmp_path / "cell.csv"
    path.write_text(HEAD + "0.25," * 1_000_000)
    with pytest.raises(ValueError, match=r'line 2 has more than 4194304 characters \("0\.25,.*"\); a row must be one'):
        load(path)


def test_columns_without_a_header_ask_for_options(tmp_path):
    path = tmp_path / "cell.txt"
    path.write_text("%%MatrixMarket matrix coordinate real general\n9 9\n" + ROWS.replace(",", " "))
    with pytest.raises(ValueError, match=r"has 3 columns and no header; pass .*; column 0 rises uniformly, as a time"):
        load(path)
    path.write_text("".join(f"{-65 + t:g}\n" for t in T))
    with pytest.raises(
        ValueError, match=r'has 1 column and no header; .*columns=\{"v": 0\}, units=.*dt=0\.1, current=0\.0 \('
    ):
        load(path)


def test_time_without_a_name_is_suggested(tmp_path):
    path = tmp_path / "cell.csv"
    path.write_text(HEAD.replace("t (ms)", "clock") + ROWS)
    with pytest.raises(ValueError, match=r'has no time; .*"clock" rises uniformly: if it is the time, pass columns='):
        load(path)
    assert load(path, columns={"t": "clock"}, units={"t": "ms"}).dt == 0.1


@given(st.text("0123456789,.;\t -+eE\"'#\nmVspA()[]=|/:", max_size=300))
@example('"CHANNEL"\n"START" 0.. 0.1\n1\n2\n')
@example("t (ms),V (mV)\n0,1\n\n,\n")
def test_any_text_is_read_or_refused_in_a_sentence(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "cell.txt"
    path.write_text(text)
    try:
        data = load(path, current=0.0)
    except ValueError as error:
        assert "cell.txt" in str(error) and "\n" not in str(error)
    else:
        assert np.all(np.isfinite(data.v))
