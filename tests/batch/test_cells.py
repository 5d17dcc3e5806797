import os

import pytest

import membrax as mx
from membrax.batch import CellFile, find_cells, gather
from membrax.batch.rows import row_of, write


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def names(*paths, **options):
    return [cell.name for cell in find_cells(paths, **options)]


def test_a_folder_is_searched_below_and_in_order(tmp_path):
    make(tmp_path, "b.abf", "day 2/cell.NWB", "zürich.csv", "notes.docx", "._b.abf", ".git/x.csv", "day 2/fit.json")
    assert names(tmp_path) == ["b.abf", "day 2/cell.NWB", "zürich.csv"]


def test_the_folder_of_the_results_is_not_searched(tmp_path):
    make(tmp_path, "b.abf", "out/cells.csv", "out/cells/b.abf/search.npz")
    assert names(tmp_path, leave_out=tmp_path / "out") == ["b.abf"]


def test_tables_of_membrax_are_no_cells(tmp_path):
    mx.recordings.example().save(tmp_path / "data" / "a.npz")
    mx.ephys.measure(tmp_path / "data" / "a.npz").write_csv(tmp_path / "data" / "membrax_view")
    row = row_of(CellFile("b.npz", tmp_path / "b.npz"), "failed", "no")
    write(tmp_path / "data" / "membrax_fit", row)
    gather(tmp_path / "data" / "membrax_fit")
    (tmp_path / "data" / "mine.csv").write_text("cell body (mV),i (pA)\n-70,0\n")
    assert names(tmp_path / "data") == ["a.npz", "mine.csv"]
    assert names(*(tmp_path / "data").iterdir()) == ["a.npz", "mine.csv"]  # as a shell expands *
    with pytest.raises(ValueError, match="only tables that membrax wrote"):
        names(tmp_path / "data" / "membrax_view")


def test_equal_names_in_different_folders_stay_apart(tmp_path):
    make(tmp_path, "one/cell.abf", "two/cell.abf", "two/Other.abf")
    both = names(tmp_path / "one", tmp_path / "two")
    assert len(set(both)) == 3 and "Other.abf" in both
    assert all(name.startswith("cell.abf~") for name in both if name != "Other.abf")
    assert names(tmp_path / "two", tmp_path / "one") == both


def test_names_that_differ_in_case_alone_stay_apart(tmp_path):
    make(tmp_path, "a/cell.abf", "b/CELL.abf")
    assert len({name.casefold() for name in names(tmp_path / "a", tmp_path / "b")}) == 2


def test_a_file_is_found_once(tmp_path):
    make(tmp_path, "cell.abf", "other.abf")
    assert names(tmp_path, tmp_path / "cell.abf", os.path.relpath(tmp_path / "cell.abf")) == ["cell.abf", "other.abf"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_links_are_followed_and_loops_end(tmp_path):
    make(tmp_path, "here/a.abf", "there/b.abf")
    os.symlink(tmp_path / "there", tmp_path / "here" / "link")
    os.symlink(tmp_path / "here", tmp_path / "there" / "back")
    assert names(tmp_path / "here") == ["a.abf", "link/b.abf"]


def test_a_folder_that_may_not_be_read_is_not_passed_over(tmp_path, monkeypatch):
    make(tmp_path, "a.abf", "closed/b.abf")
    scan = os.scandir

    def closed(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(PermissionError, match="closed"):
        names(tmp_path)


def test_a_pattern_that_no_shell_has_expanded(tmp_path):
    make(tmp_path, "a1.abf", "a2.abf", "b1.abf")
    assert names(tmp_path / "a*.abf") == ["a1.abf", "a2.abf"]
    with pytest.raises(FileNotFoundError, match=r"no file fits the pattern .*c\*\.abf"):
        names(tmp_path / "c*.abf")


def test_a_file_that_is_named_is_a_cell_whatever_its_suffix(tmp_path):
    make(tmp_path, "cell.mat")
    assert names(tmp_path / "cell.mat") == ["cell.mat"]


def test_nothing_to_fit_is_said(tmp_path):
    make(tmp_path, "letter.docx")
    with pytest.raises(ValueError, match=r"has no recordings: no file in or below it ends in \.abf, "):
        names(tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no file or folder nowhere"):
        names("nowhere")
    with pytest.raises(ValueError, match="at least one file or folder"):
        find_cells([])
