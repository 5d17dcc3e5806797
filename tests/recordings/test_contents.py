"""Contents that contradict the suffix are named with the way on; paths that are none are refused in a sentence."""

import gzip
import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membrax.recordings import Recording, load
from membrax.recordings.loading import SUFFIXES


def archive(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name in names:
            file.writestr(name, b"1")
    return stream.getvalue()


def arrays():
    stream = io.BytesIO()
    np.savez(stream, t_ms=np.arange(5.0), v_mV=np.full(5, -65.0), i_nA=np.zeros(5))
    return stream.getvalue()


def igor(order="<"):
    return (struct.pack(f"{order}hhi", 5, 0, 384) + bytes(56)).ljust(448, b"\0")


HELD = {
    "ABF 1": (b"ABF " + bytes(512), ".abf", "an ABF file"),
    "ABF 2": (b"ABF2" + bytes(512), ".abf", "an ABF file"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(512), ".nwb", "HDF5"),
    "NumPy": (arrays(), ".npz", "a NumPy archive"),
    "Igor": (igor(), ".ibw", "an Igor wave"),
    "Igor of a Mac": (igor(">"), ".ibw", "an Igor wave"),
    "ATF": (b"ATF\t1.0\r\n0\t2\r\n", ".atf", "an Axon text file"),
}
UNREAD = {
    "Excel": (archive("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook: save the sheet as CSV"),
    "zip": (archive("cell.csv"), "a zip archive: unpack it first"),
    "gzip": (gzip.compress(b"1,2\n" * 99), "a gzip archive: unpack it first"),
    "HEKA": (b"DAT2" + bytes(99), "a HEKA PatchMaster bundle: export the sweeps"),
    "MATLAB": (b"MATLAB 5.0 MAT-file".ljust(124) + bytes(99), "a MATLAB file: write its traces there as text"),
    "one array": (b"\x93NUMPY\x01\x00" + bytes(99), "one NumPy array: save named arrays"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a pointer of Git LFS: fetch"),
    "a page": (b"\n<!DOCTYPE HTML><html></html>", "a web page, .*: download the file itself"),
    "PDF": (b"%PDF-1.4\n", "a PDF: save the numbers as CSV"),
}


@pytest.mark.parametrize("case", HELD)
@pytest.mark.parametrize("suffix", [*SUFFIXES, ".Abf", ".h5", ""])
def test_a_format_under_another_suffix_is_named(tmp_path, case, suffix):
    content, own, words = HELD[case]
    if own == suffix.lower():
        return
    (tmp_path / f"my cell{suffix}").write_bytes(content)
    with pytest.raises(ValueError, match=rf"my cell{suffix} holds {words}: .*rename it to my cell{own}"):
        load(tmp_path / f"my cell{suffix}")


@pytest.mark.parametrize("case", UNREAD)
@pytest.mark.parametrize("suffix", [*SUFFIXES, ".dat2"])
def test_a_format_that_is_not_read_names_the_way_on(tmp_path, case, suffix):
    content, words = UNREAD[case]
    (tmp_path / f"cell{suffix}").write_bytes(content)
    with pytest.raises(ValueError, match=rf"cell{suffix} holds {words}"):
        load(tmp_path / f"cell{suffix}")


@pytest.mark.parametrize("suffix", [".abf", ".ibw", ".nwb", ".npz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_text_under_a_binary_suffix_is_named(tmp_path, suffix, encoding):
    (tmp_path / f"cell{suffix}").write_bytes("t_ms,v_µV\n0,1\n".encode(encoding))
    with pytest.raises(ValueError, match=rf"cell{suffix} holds text: rename it to cell\.txt"):
        load(tmp_path / f"cell{suffix}")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_file_is_named(tmp_path, suffix):
    (tmp_path / f"cell{suffix}").write_bytes(b"")
    with pytest.raises(ValueError, match=rf"cell{suffix} is empty \(0 bytes\)"):
        load(tmp_path / f"cell{suffix}")


@pytest.mark.parametrize("suffix", [".NPZ", ".Npz", ".npz"])
def test_the_case_of_a_suffix_does_not_matter(tmp_path, suffix):
    (tmp_path / f"cell{suffix}").write_bytes(arrays())
    assert load(tmp_path / f"cell{suffix}").sweeps == 1


@pytest.mark.parametrize("path", [None, 3, 1.5, b"cell.abf", object(), {"a"}, [3], ["a.ibw", None], np.zeros(3)])
def test_paths_of_another_type_are_refused(path):
    with pytest.raises(ValueError, match="path must be the path of a file or a list of paths, got"):
        load(path)


def test_a_recording_is_no_path():
    data = Recording(np.arange(5), np.full(5, -65.0), 0.0)
    with pytest.raises(ValueError, match=r"path must be the path of a file .*, got Recording"):
        load(data)


@given(st.binary(min_size=1, max_size=300), st.sampled_from(SUFFIXES))
@settings(deadline=None, max_examples=150)
def test_any_bytes_are_refused_in_a_sentence(tmp_path_factory, content, suffix):
    path = tmp_path_factory.mktemp("any") / f"cell{suffix}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"cell{suffix}") as caught:
        load(path)
    assert len(str(caught.value)) < 600
