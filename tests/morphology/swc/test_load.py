"""SWC files as they come: read, repaired with a report, or refused with file, line and bound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.morphology import discretise, load_swc

GOOD = """# a neuron
1 1 0 0 0 5 -1
2 3 5 0 0 1 1
3 3 15 0 0 1 2
4 3 15 8 0 0.5 3
5 3 25 0 0 0.5 3
"""


@pytest.fixture
def load(tmp_path):
    def load(text, **options):
        file = tmp_path / "cell.swc"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_swc(file, **options)

    return load


def test_a_plain_file(load):
    tree = load(GOOD)
    assert tree.name == "cell" and tree.repairs == ()
    assert [s.label for s in tree.sections] == ["soma"] + 3 * ["basal dendrite"]
    assert [s.parent for s in tree.sections] == [-1, 0, 1, 1]
    assert [s.length for s in tree.sections] == pytest.approx([10.0, 10.0, 8.0, 10.0])
    assert tree.soma.area == pytest.approx(4 * np.pi * 25)


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD.replace("\n", "  \t \n"),
        GOOD.replace("\n", "\n\n"),
        GOOD.replace(" ", "\t"),
        GOOD.replace("1 1 0", "  1 1 0").replace("0.5 3", "5e-1 3   # a tip"),
        GOOD.replace("2 3 5", "2.0 3.0 5"),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("neuron", "n\u00e9uron").encode("latin-1"),
        GOOD.rstrip("\n"),
        GOOD.encode("utf-16"),
        b"\xfe\xff" + GOOD.encode("utf-16-be"),
        GOOD.encode("utf-16-le"),
        GOOD.encode("utf-16-be"),
        GOOD.encode("utf-32"),
        GOOD.replace("15 8 0 0.5", "1.5e1 8E0 0 5D-1"),
    ],
    ids=["crlf", "cr", "trailing", "blank lines", "tabs", "indent, comment", "floats", "bom", "latin-1", "no last end",
         "utf-16", "utf-16 big", "utf-16 no mark", "utf-16 big, no mark", "utf-32", "scientific"],
)  # fmt: skip
def test_how_it_is_written_does_not_matter(load, text):
    tree, plain = load(text), load(GOOD)
    assert tree.repairs == ()
    for name in ("xyz", "radius", "type", "parent"):
        np.testing.assert_array_equal(getattr(tree, name), getattr(plain, name))


WRONG = {
    "empty": ("", "cell.swc holds no points"),
    "comments alone": ("# 1 1 0 0 0 5 -1\n", "cell.swc holds no points"),
    "six columns": ("1 1 0 0 0 5\n", "cell.swc, line 1: expected 7 columns, .* got 6: 1 1 0 0 0 5"),
    "a word": ("1 1 0 0 zero 5 -1\n", 'cell.swc, line 1: z must be a number, got "zero"'),
    "a decimal comma": (
        GOOD.replace("0.5 3", "0,5 3"),
        'cell.swc, line 5: radius must be a number, got "0,5" with a decimal comma: write decimal points',
    ),
    "a decimal comma between semicolons": (
        GOOD.replace(" ", ";").replace("0.5;3", "0,5;3"),
        'line 5: radius must be a number, got "0,5" with a decimal comma',
    ),
    "nan": ("1 1 0 nan 0 5 -1\n", "cell.swc, line 1: y must be finite, got nan"),
    "beyond all bounds": ("1 1 0 1e300 0 5 -1\n", r"line 1: y must be within ±1e\+12, got 1e300"),
    "an endless id": ("1e999999 1 0 0 0 5 -1\n", r"line 1: id must be a whole number of at most 1e\+30, got 1e999999"),
    "a type past its bound": ("1 1e20 0 0 0 5 -1\n", r"type must be a whole number of at most 2e\+09, got 1e20"),
    "half an id": ("1.5 1 0 0 0 5 -1\n", "line 1: id must be a whole number of at least 0, got 1.5"),
    "a negative type": ("1 -1 0 0 0 5 -1\n", "line 1: type must be a whole number of at least 0, got -1"),
    "a negative parent": (GOOD.replace("5 -1", "5 -2"), "line 2: parent must be a whole number of at least -1, got -2"),
    "an id twice": (GOOD.replace("5 3 25", "4 3 25"), "cell.swc, line 6: id 4 is taken by line 5"),
    "no such parent": (GOOD.replace("0.5 3\n5", "0.5 9\n5"), r"line 5: parent 9 is not among the points \(−1 marks"),
    "its own parent": (GOOD.replace("3 3 15 0 0 1 2", "3 3 15 0 0 1 3"), "cell.swc, line 4: parents form a cycle"),
    "a cycle": (GOOD.replace("2 3 5 0 0 1 1", "2 3 5 0 0 1 4"), "cell.swc, lines 3, 4 and 5: parents form a cycle"),
    "no root": ("1 3 0 0 0 1 2\n2 3 1 0 0 1 1\n", "cell.swc, lines 1 and 2: parents form a cycle"),
    "two somas": (GOOD + "6 1 0 40 0 5 -1\n", "cell.swc, lines 2 and 7: 2 somas; a file is one neuron"),
    "a soma on a neurite": (GOOD + "6 1 0 40 0 5 5\n", r"cell.swc, line 7: a soma \(type 1\) must be the root"),
    "two roots, no soma": ("1 3 0 0 0 1 -1\n2 3 9 0 0 1 1\n3 3 50 0 0 1 -1\n", "lines 1 and 3: 2 roots .* no soma"),
    "a negative radius": (GOOD.replace("0.5 3\n5", "-0.5 3\n5"), "line 5: radius must be at least 0 µm, got -0.5 µm"),
    "a soma without radius": (GOOD.replace("0 5 -1", "0 0 -1"), "line 2: the soma's radius must be above 0 µm, got 0"),
    "no radius at all": (
        "1 1 0 0 0 5 -1\n2 3 5 0 0 0 1\n3 3 15 0 0 0 2\n",
        "lines 2 and 3: radius must be above 0 µm, got 0 µm, and none was measured .* missing_radius=",
    ),
    "a single point of dendrite": ("1 3 0 0 0 1 -1\n", "cell.swc: a tree must have a soma or a length above 0 µm"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(load, text, message):
    with pytest.raises(ValueError, match=message):
        load(text)


def test_an_absent_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_swc(tmp_path / "none.swc")


@pytest.mark.filterwarnings("ignore:any.swc. no neuron")
@given(st.text(alphabet="0123456789 .-#\nnaife", max_size=80))
def test_no_text_ends_otherwise_than_in_a_tree_or_a_value_error(tmp_path_factory, text):
    file = tmp_path_factory.getbasetemp() / "any.swc"
    file.write_text(text)
    try:
        tree = load_swc(file)
    except ValueError as error:
        assert str(error).startswith("any.swc")
    else:
        assert tree.area > 0 and np.all(tree.parent < np.arange(len(tree.parent)))


@pytest.mark.filterwarnings("ignore:any.swc. no neuron")
@given(
    st.sampled_from([GOOD.encode(), GOOD.encode("utf-16"), GOOD.replace(" ", ",").encode()]),
    st.lists(st.tuples(st.integers(0, 150), st.integers(0, 255)), max_size=6),
    st.integers(0, 250),
)
def test_damaged_bytes_are_read_or_refused_in_one_line(tmp_path_factory, raw, flips, length):
    damaged = bytearray(raw)
    for place, value in flips:
        damaged[place % len(damaged)] = value
    file = tmp_path_factory.getbasetemp() / "any.swc"
    file.write_bytes(damaged[:length])
    try:
        load_swc(file)
    except ValueError as error:
        assert str(error).startswith("any.swc") and "\n" not in str(error) and len(str(error)) < 300


def test_a_long_cycle_is_found_at_once(load):
    count = 100_000
    rows = "".join(f"{k + 1} 3 {k} 0 0 1 {k or count}\n" for k in range(count))
    with pytest.raises(ValueError, match="lines 1, 2, 3 and 99997 more: parents form a cycle"):
        load(rows)


@pytest.mark.parametrize("first", [2**53, 2**64 - 3, 720575940621039145])
def test_ids_past_the_integers_of_a_float(load, first):
    ids = {str(k): str(first + k) for k in range(1, 6)}
    rows = [line.split() for line in GOOD.splitlines()[1:]]
    tree = load("\n".join(" ".join([ids[row[0]], *row[1:6], ids.get(row[6], "-1")]) for row in rows))
    assert tree.repairs == ()
    np.testing.assert_array_equal(tree.parent, load(GOOD).parent)


@pytest.mark.parametrize("mark", [",", ";", ", "])
def test_columns_between_commas_or_semicolons(load, mark):
    tree = load("id,type,x,y,z,radius,parent\n" + "\n".join(GOOD.splitlines()[1:]).replace(" ", mark))
    np.testing.assert_array_equal(tree.xyz, load(GOOD).xyz)
    assert any("columns are separated by commas or semicolons" in words for words in tree.repairs)
    assert any("line 1: words, taken for the names" in words for words in tree.repairs)


# --- the soma


def soma_of(text):
    return text + "10 3 20 0 0 1 1\n11 3 30 0 0 1 10\n"


def test_three_points_are_a_sphere(load):
    tree = load(soma_of("1 1 0 0 0 4 -1\n2 1 0 -4 0 4 1\n3 1 0 4 0 4 1\n"))
    assert len(tree.soma.points) == 1 and tree.soma.area == pytest.approx(4 * np.pi * 16)
    assert tree.repairs == (
        "lines 1, 2 and 3: three soma points are read as the sphere of the first (NeuroMorpho), radius 4 µm",
    )  # fmt: skip


def test_three_points_that_lie_elsewhere_are_told(load):
    tree = load(soma_of("1 1 0 0 0 4 -1\n2 1 0 -4 0 4 1\n3 1 0 0 6 4 1\n"))
    assert tree.soma.area == pytest.approx(4 * np.pi * 16)
    assert tree.repairs[0].endswith("though the others lie 4 and 6 µm from it")


def test_a_neurite_on_one_of_the_three_points_hangs_on_the_soma(load):
    tree = load("1 1 0 0 0 4 -1\n2 1 0 -4 0 4 1\n3 1 0 4 0 4 1\n4 3 0 9 0 1 3\n5 3 0 19 0 1 4\n")
    assert tree.parent.tolist() == [-1, 0, 1] and tree.length == pytest.approx(10.0)


def test_a_stack_of_frusta_keeps_its_points(load):
    tree = load("1 1 0 0 0 40 -1\n2 1 1 0 0 35 1\n3 1 2 0 0 29 2\n4 1 3 0 0 17 3\n")
    assert tree.repairs == () and tree.soma.length == pytest.approx(3.0)
    assert tree.soma.area == pytest.approx(4164.610254415956)  # stated in MorphIO's soma_multiple_frustums.swc


def outline(radius, turn=1.0, count=12):
    angle = turn * 2 * np.pi * np.arange(count) / count
    rows = [
        f"{k + 1} 1 {10 + 6 * np.cos(a)} {6 * np.sin(a)} 0 {radius} {k or -1}" for k, a in enumerate(angle)
    ]  # fmt: skip
    return "\n".join(rows) + "\n20 3 20 0 0 1 1\n21 3 30 0 0 1 20\n"


@pytest.mark.parametrize("radius", [0, 0.1])
def test_an_outline_is_a_sphere(load, radius):
    tree = load(outline(radius))
    np.testing.assert_allclose(tree.xyz[0], [10.0, 0.0, 0.0], atol=1e-9)
    assert tree.soma.area == pytest.approx(4 * np.pi * 36) and len(tree.parent) == 3
    assert "12 soma points are an outline, replaced by a sphere of radius 6 µm" in tree.repairs[0]


def test_half_an_outline_is_a_stack(load):
    tree = load(outline(0.1, turn=0.5))
    assert len(tree.soma.points) == 12 and tree.repairs == ()


def test_soma_points_at_one_place_are_a_sphere(load):
    tree = load("1 1 0 0 0 4 -1\n2 1 0 0 0 4 1\n")
    assert tree.soma.area == pytest.approx(4 * np.pi * 16) and "lie at one place" in tree.repairs[0]


def test_a_soma_as_long_as_a_dendrite_is_told(load):
    assert "the soma spans 200 µm" in load("1 1 0 0 0 4 -1\n2 1 200 0 0 4 1\n").repairs[0]


def test_a_missing_soma(load):
    tree = load(GOOD.replace("1 1 0", "1 3 0"))
    assert tree.soma is None and tree.repairs == ()
    assert [s.length for s in tree.sections] == pytest.approx([15.0, 8.0, 10.0])


# --- neurites


def test_points_before_their_parents(load):
    head, *rows = GOOD.splitlines()
    tree, plain = load("\n".join([head, *reversed(rows)])), load(GOOD)
    assert "before their parents" in tree.repairs[0] and "line" in tree.repairs[0]
    assert sorted(s.length for s in tree.sections) == pytest.approx(sorted(s.length for s in plain.sections))
    assert tree.area == pytest.approx(plain.area)


def test_a_radius_of_zero_takes_its_neighbours(load):
    rows = "1 1 0 0 0 5 -1\n2 3 5 0 0 0 1\n3 3 15 0 0 2 2\n4 3 15 8 0 0 3\n5 3 25 0 0 0 4\n6 3 9 9 0 0 2\n"
    tree = load(rows)
    assert tree.radius.tolist() == [5, 2, 2, 2, 2, 2]
    assert tree.repairs == ("lines 2, 4, 5 and 6: radius 0 was replaced by 2 µm, the nearest along the neurite",)
    told = load(rows, missing_radius=0.3)
    assert told.radius.tolist() == [5, 0.3, 2, 0.3, 0.3, 0.3] and "missing_radius=0.3" in told.repairs[0]
    with pytest.raises(ValueError, match="missing_radius must be finite and above 0 µm, got -1 µm"):
        load(rows, missing_radius=-1)


def test_a_root_beside_the_soma_hangs_on_it(load):
    tree = load("7 2 0 30 0 1 -1\n8 2 0 40 0 1 7\n" + GOOD)
    assert tree.soma.index == 0 and [s.parent for s in tree.select("axon")] == [0]
    assert tree.repairs == ("line 1: no parent; connected to the soma, 30 µm away",)


def test_roots_at_one_place_are_one(load):
    tree = load("1 3 0 0 0 1 -1\n2 3 9 0 0 1 1\n3 2 0 0 0 1 -1\n4 2 -9 0 0 1 3\n")
    assert tree.length == pytest.approx(18.0) and "connected to the root, 0 µm away" in tree.repairs[0]
    assert discretise(tree, per_section=1).count == 2


def test_a_neurite_of_one_point_begins_at_the_surface(load):
    tree = load("1 1 0 0 0 5 -1\n2 3 0 12 0 1 1\n3 3 0 -3 0 1 1\n")
    assert sorted(s.length for s in tree.select("dendrite")) == pytest.approx([3.0, 7.0])
    assert tree.repairs == ("lines 2 and 3: a basal dendrite of one point; it begins at the soma's surface",)


def test_segments_without_length_are_told_and_harmless(load):
    tree = load(GOOD.replace("4 3 15 8 0 0.5 3", "4 3 15 0 0 0.5 3") + "6 3 15 8 0 0.5 4\n")
    assert tree.repairs == ("line 5: at the place of its parent; the segment has neither area nor resistance",)
    assert np.all(np.isfinite(discretise(tree, per_section=3).half_resistance))


def test_columns_after_the_seventh_are_told(load):
    tree = load(GOOD.replace("1 1\n3", "1 1 99\n3"))
    assert tree.repairs == ("columns after the seventh were ignored, from line 3 on",)


def test_types_from_five_on_are_kept(load):
    tree = load(GOOD.replace("2 3 5", "2 7 5").replace("3 3 15", "3 7 15"))
    assert [s.label for s in tree.sections] == ["soma", "custom 7", "basal dendrite", "basal dendrite"]
    assert len(tree.select("custom 7")) == 1 and tree.repairs == ()


def test_marks_of_forks_and_tips_are_no_types(load):
    tree = load(GOOD.replace("3 3 15", "3 5 15").replace("4 3 15", "4 6 15").replace("5 3 25", "5 6 25"))
    assert [s.label for s in tree.sections] == ["soma"] + 3 * ["basal dendrite"]
    assert tree.repairs[0].startswith("lines 4, 5 and 6: types 5 and 6 mark forks and tips")
    custom = load(GOOD.replace("2 3 5", "2 5 5").replace("3 3 15", "3 5 15"))
    assert custom.sections[1].label == "custom 5" and custom.repairs == ()


STANDARD = "1 1 0 0 0 8 -1\n2 3 9 1 2 1.5 1\n3 3 19 3 4 1 2\n"


@pytest.mark.parametrize(
    ("names", "order"),
    [("id,type,z,y,x,radius,parent", [0, 1, 4, 3, 2, 5, 6]), ("# id x y z radius type parent", [0, 2, 3, 4, 5, 1, 6]),
     ("# Columns: n T y_um x_um z_um R P", [0, 1, 3, 2, 4, 5, 6])],
)  # fmt: skip
def test_columns_in_a_stated_order_are_followed(tmp_path, names, order):
    mark = "," if "," in names else " "
    rows = [line.split() for line in STANDARD.splitlines()]
    moved = "\n".join(mark.join(row[k] for k in order) for row in rows)
    plain, other = tmp_path / "plain.swc", tmp_path / "other.swc"
    plain.write_text(STANDARD)
    other.write_text(f"{names}\n{moved}\n")
    tree, same = load_swc(other), load_swc(plain)
    np.testing.assert_array_equal(tree.xyz, same.xyz)
    np.testing.assert_array_equal(tree.radius, same.radius)
    assert any("line 1: columns in the order id" in words for words in tree.repairs)


@pytest.mark.parametrize("names", ["n,type,x,y,z,diameter,parent", "# id type x y z diam (um) pid"])
def test_a_column_of_diameters_is_halved(tmp_path, names):
    file = tmp_path / "cell.swc"
    file.write_text(f"{names}\n{STANDARD}")
    tree = load_swc(file)
    assert tree.radius.max() == 4.0
    assert any("the diameters were halved" in words for words in tree.repairs)


@pytest.mark.parametrize(
    "names", ["# n T x y z R P", "# id, type, x, y, z position, radius or diameter, parent", "# n"]
)
def test_standard_or_unclear_names_change_nothing(tmp_path, names):
    file = tmp_path / "cell.swc"
    file.write_text(f"{names}\n{STANDARD}")
    assert load_swc(file).radius.max() == 8.0
    assert load_swc(file).repairs == ()


def test_typographic_minus_and_final_control_z(tmp_path):
    file = tmp_path / "cell.swc"
    file.write_text(STANDARD.replace("-", "\N{MINUS SIGN}") + "\x1a\r\n", encoding="utf-8")
    assert len(load_swc(file).radius) == 3


@pytest.mark.parametrize(
    ("raw", "words"),
    [(b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 9\n", "pointer of Git LFS.*git lfs pull"),
     (b"<!DOCTYPE html><html>404</html>", "web page"), (b"PK\x03\x04" + bytes(60), "zip archive: unpack it")],
)  # fmt: skip
def test_another_format_is_named(tmp_path, raw, words):
    file = tmp_path / "cell.swc"
    file.write_bytes(raw)
    with pytest.raises(ValueError, match=rf"cell\.swc holds a.*{words}"):
        load_swc(file)
