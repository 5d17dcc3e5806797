import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from membrax.recordings import Recording, example, load
from membrax.recordings.reading import require


def test_missing_file_is_named_with_its_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*cell\.abf \(folder: .*\)"):
        load(tmp_path / "cell.abf")


def test_folder_is_not_a_file(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder, not a file"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["cell.mat", "cell", "cell.abf.gz"])
def test_unknown_suffix_lists_the_known_ones(tmp_path, name):
    (tmp_path / name).write_text("")
    with pytest.raises(ValueError, match=rf'{name}: the suffix ".*" is unknown; .* one of \.abf, \.atf, \.ibw, \.nwb'):
        load(tmp_path / name)


def test_unknown_option_lists_the_known_ones(tmp_path):
    (tmp_path / "cell.csv").write_text("t_ms,v_mV\n0,1\n")
    with pytest.raises(
        TypeError, match=r"\.csv files have the options columns, voltage_.* units, dt, current, .*got unit"
    ):
        load(tmp_path / "cell.csv", unit="mV")


def test_only_igor_waves_can_be_a_list(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("1")
    with pytest.raises(ValueError, match=r"only \.ibw waves can be loaded as a list, got 2 files"):
        load([tmp_path / "a.csv", tmp_path / "b.csv"])
    with pytest.raises(ValueError, match="path must name at least one file, got an empty list"):
        load([])


def test_paths_may_be_strings(tmp_path):
    path = Recording(np.arange(5), np.full(5, -65.0), 0.0).save(tmp_path / "cell.npz")
    assert load(str(path)).name == load(path).name


def test_missing_package_names_the_install_command():
    with pytest.raises(
        ImportError, match=r'reading \.xyz files requires no_such_reader .*pip install "membrax\[recordings\]"'
    ):
        require("no_such_reader.inside", ".xyz")


@pytest.mark.parametrize(("suffix", "package"), [(".abf", "pyabf"), (".ibw", "igor2"), (".nwb", "pynwb")])
def test_missing_package_of_each_format(tmp_path, monkeypatch, suffix, package):
    (tmp_path / f"cell{suffix}").write_bytes(bytes(9))
    for module in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"reading {suffix} files requires {package}"):
        load(tmp_path / f"cell{suffix}")


def test_readers_are_imported_late():
    code = "import sys, membrax.recordings; print(*sorted({'pyabf', 'igor2', 'pynwb', 'h5py'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_name_whose_bytes_are_no_text_can_be_written(tmp_path):
    data = dataclasses.replace(example(), name="cell\udcff")
    assert data.name == "cell?"
    assert load(data.save(tmp_path / "cell.npz")).name == "cell?"
