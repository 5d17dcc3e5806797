import numpy as np
import pytest

from membrax.io import npz_file
from membrax.io.file_format import check_format, check_writable, whole_file


def test_the_current_format_is_read():
    for number in (1, np.array(1), np.int64(1)):
        check_format(number, "cell.json")


@pytest.mark.parametrize("number", [2, 0, True, "1", 1.5, np.array([1, 2]), {}])
def test_an_unknown_format_is_refused(number):
    with pytest.raises(ValueError, match=r"cell\.json has format .*, and membrax .* reads format 1: update membrax"):
        check_format(number, "cell.json")


def test_a_missing_format_is_refused():
    with pytest.raises(ValueError, match=r"run\.npz has no format number, and membrax .* reads format 1"):
        check_format(None, "run.npz")


def test_arrays_come_back_without_the_number(tmp_path):
    npz_file.write(tmp_path / "deep" / "a.npz", x=np.arange(3.0), compressed=True)
    with np.load(tmp_path / "deep" / "a.npz") as archive:
        assert archive["format"] == 1
    arrays = npz_file.read(tmp_path / "deep" / "a.npz")
    assert list(arrays) == ["x"] and arrays["x"].tolist() == [0.0, 1.0, 2.0]
    assert npz_file.read(tmp_path / "nowhere.npz") is None


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(KeyError), whole_file(path) as part:
        part.write_text("half")
        raise KeyError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "a.json"
    with whole_file(path) as one, whole_file(path) as other:
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one" and list(tmp_path.iterdir()) == [path]


def test_a_path_that_cannot_be_written_is_found(tmp_path):
    check_writable(tmp_path / "deep" / "a.npz")
    assert list((tmp_path / "deep").iterdir()) == []
    with pytest.raises(IsADirectoryError, match="deep is a folder"):
        check_writable(tmp_path / "deep")
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"file/a\.npz can't be written: "):
        check_writable(tmp_path / "file" / "a.npz")
