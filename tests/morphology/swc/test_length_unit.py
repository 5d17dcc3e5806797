"""The unit of length of an SWC file: from its header, by argument, or guessed from sizes that no neuron has."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.morphology import ball_and_stick, load_swc
from membrax.morphology.swc.length_unit import MICROMETRES

ROWS = """1 1 0 0 0 5 -1
2 3 5 0 0 1 1
3 3 15 0 0 1 2
4 3 15 8 0 0.5 3
5 3 25 0 0 0.5 3
6 3 45 9 0 0.5 5
7 3 45 0 9 0.5 5
"""


def rows_in(unit):
    """The same neuron with its lengths in another unit."""
    rows = [line.split() for line in ROWS.splitlines()]
    scaled = ([f"{float(number) / unit:.12g}" for number in row[2:6]] for row in rows)
    return "\n".join(
        " ".join([*row[:2], *numbers, row[6]]) for row, numbers in zip(rows, scaled, strict=True)
    )  # fmt: skip


@pytest.fixture
def load(tmp_path):
    def load(text, **options):
        file = tmp_path / "cell.swc"
        file.write_text(text, encoding="utf-8")
        return load_swc(file, **options)

    return load


STATED = {
    '# Meta: {"id": "1", "units": "1 nanometer"}': "nm",
    '# {"unit": "nanometers"}': "nm",
    "# Units: nm": "nm",
    "# space_unit=nm": "nm",
    "# unit is nanometres": "nm",
    "# All coordinates and radii are in nm.": "nm",
    "# n type x(nm) y(nm) z(nm) radius(nm) parent": "nm",
    "# id,type,x_nm,y_nm,z_nm,radius_nm,parent": "nm",
    "id type x_nm y_nm z_nm radius_nm parent": "nm",
    "# lengths in millimetres": "mm",
    "# units = mm": "mm",
    "# x [mm], y [mm], z [mm], r [mm]": "mm",
    "# unit: m": "m",
    "# units: cm": "cm",
}


@pytest.mark.parametrize(("words", "unit"), STATED.items())
def test_a_unit_in_the_header_is_converted(load, words, unit):
    tree, plain = load(f"# a neuron\n{words}\n{rows_in(MICROMETRES[unit])}"), load(ROWS)
    np.testing.assert_allclose(tree.xyz, plain.xyz, rtol=1e-11)
    np.testing.assert_allclose(tree.radius, plain.radius, rtol=1e-11)
    assert any(
        f"line 2: the header gives lengths in {unit}; places and radii were multiplied" in r for r in tree.repairs
    )


def test_a_multiple_of_a_unit(load):
    tree = load('# {"units": "8 nanometer"}\n' + rows_in(0.008))
    np.testing.assert_allclose(tree.xyz, load(ROWS).xyz, rtol=1e-11)
    assert "units of 8 nm; places and radii were multiplied by 0.008" in tree.repairs[0]


@pytest.mark.parametrize(
    "words",
    [
        '# Meta: {"units": ["8 nanometer", "8 nanometer", "8 nanometer"]}', "# coordinates in 8nm voxels",
        "# neuprint: values in 8x8x8 nm voxel units", "# positions in 8 nm pixels",
    ],
)  # fmt: skip
def test_places_in_voxels_of_a_stated_length(load, words):
    np.testing.assert_allclose(load(f"{words}\n{rows_in(0.008)}").xyz, load(ROWS).xyz, rtol=1e-11)


def test_voxels_of_several_lengths_are_refused(load):
    for words in ('# "units": ["4 nm", "4 nm", "40 nm"]', "# coordinates in 4x4x40 nm voxels"):
        with pytest.raises(ValueError, match="names two units"):
            load(f"{words}\n{ROWS}")


def test_the_length_of_a_voxel_is_advised_for_its_sizes(load):
    for words in ("# voxel size 8 nm", "# Voxel size: 8 x 8 x 8 nm"):
        with pytest.warns(
            UserWarning, match=r"half are above 62.5 µm\): lengths in voxels of 0.008 µm\? .* unit=0.008"
        ):
            load(f"{words}\n{rows_in(0.008)}")


def test_the_result_of_a_stated_unit_is_checked(load):
    with pytest.warns(UserWarning, match=r"no neuron has such radii \(.*0.005 µm, and line 1: .*Then pass unit=\"µm\""):
        load(f"# unit: nm\n{ROWS}")
    with pytest.warns(UserWarning, match=r"is 5000 µm, and line 1: .* in mm.*Then pass unit=\"µm\""):
        load(f"# unit: mm\n{ROWS}")


@pytest.mark.parametrize(
    "words",
    [
        "# Stack values in nm were converted to um", "# Voxel units: 0.1 um\n# all in um", "# Pixel units: 0.2 um",
        "# lengths in nm, scaled to microns",
        "# units: um", '# "units": "micrometer"', "# coordinates in microns", "# x (µm)", "# SCALE 1.0 1.0 1.0",
        "# traced in 300 um slices, 3 mm from the midline", "# All points traced in M. Smith's laboratory, NM 2003",
        "# R_m = 10000, unit recorded 2 mm deep", "# voxel size 0.1 x 0.1 x 0.5 um", "# community of 5 nm members",
        "# density 3 spines per unit, mm^2", "# length of the axon: 3 mm",
    ],
)  # fmt: skip
def test_other_words_change_nothing(load, words):
    tree = load(f"{words}\n{ROWS}")
    assert tree.repairs == ()
    np.testing.assert_array_equal(tree.xyz, load(ROWS).xyz)


def test_a_header_that_can_not_be_followed(load):
    with pytest.raises(ValueError, match=r"names two units, nm on line 1 and µm on line 2: pass unit="):
        load(f"# coordinates in nm\n# radii in um\n{ROWS}")
    with pytest.raises(ValueError, match=r"line 1: the header gives places in voxels or pixels: pass unit="):
        load(f"# units: voxels\n{ROWS}")


def test_the_argument_overrides_the_header(load):
    text = "# units: voxels\n" + rows_in(0.5)
    np.testing.assert_allclose(load(text, unit=0.5).xyz, load(ROWS).xyz, rtol=1e-11)
    assert load(f"# units: nm\n{ROWS}", unit="um").repairs == ()
    for wrong in ("inch", 0.0, -1.0, float("nan"), True):
        with pytest.raises(ValueError, match=r"unit must be one of nm, µm, mm, cm, m, or a length in µm above 0, got"):
            load(ROWS, unit=wrong)


@given(unit=st.sampled_from(sorted(MICROMETRES)), radius=st.floats(2.0, 40.0), length=st.floats(50.0, 5000.0))
def test_sizes_warn_only_where_the_unit_is_another(tmp_path_factory, unit, radius, length):
    tree, scale = ball_and_stick(radius, length, 1.0), MICROMETRES[unit]
    file = tmp_path_factory.getbasetemp() / "sized.swc"
    kept = np.column_stack([tree.xyz, tree.radius]) / scale
    links = zip(tree.type, kept, tree.parent, strict=True)
    file.write_text(
        "".join(f"{k} {kind} {' '.join(f'{x:.17g}' for x in at)} {p}\n" for k, (kind, at, p) in enumerate(links))
    )  # fmt: skip
    np.testing.assert_allclose(load_swc(file, unit=unit).xyz, tree.xyz, rtol=1e-12)
    if unit == "µm":
        load_swc(file)  # a warning would be an error
    elif unit != "cm":
        with pytest.warns(UserWarning, match=rf"sized.swc: no neuron has such radii .*: lengths in {unit}\? Then pass"):
            load_swc(file)


def test_a_skeleton_of_thin_neurites_in_nanometres(load):
    text = rows_in(1e-3).replace("1 1 0 0 0 5000", "1 3 0 0 0 300")
    with pytest.warns(UserWarning, match=r"half are above 500 µm\): lengths in nm\?"):
        load(text)
    assert load(text, unit="µm").radius.max() == 1000.0


def test_the_known_corner_cases_are_in_micrometres(shared_data):
    for file in sorted((shared_data / "morphologies").glob("*.swc")):
        try:
            tree = load_swc(file)
        except ValueError as error:
            assert "unit" not in str(error)
        else:
            assert not any("multiplied" in words for words in tree.repairs)
