"""Every file of the collection against MorphIO, which reads SWC for the Blue Brain Project."""

import itertools

import numpy as np
import pytest

from membrax.morphology import load_swc

morphio = pytest.importorskip("morphio")

REFUSED = {"morphio__multiple_soma": "2 somas", "neurom__multiple_somata": "2 somas"}  # by both readers
# MorphIO adds a segment from the end of one arm of a soma to the beginning of the next, between which there is none,
# and refuses a soma that branches and a type that changes along a section.
ARMS = {"jaxley__morph_ca1_n120"}
NOT_READ = {"braincell__branched_soma", "jaxley__morph_non_somatic_branchpoint"}
LEFT_OUT = {"neurom__three_pt_soma": {"missing_radius": 0.5}}  # a neurite without any radius
FEWEST = 28  # files that were compared when this was written; fewer would be a test that has lost its data


def files(folder):
    return sorted((folder / "morphologies").glob("*.swc"))


def lengths(sections):
    return sorted(float(np.linalg.norm(np.diff(s.points, axis=0), axis=1).sum()) for s in sections)


def compare(file, theirs):
    ours = load_swc(file, **LEFT_OUT.get(file.stem, {}))
    neurites = [s for s in ours.sections if s is not ours.soma]
    assert len(neurites) == len(theirs.sections)
    np.testing.assert_allclose(sorted(s.length for s in neurites), lengths(theirs.sections), rtol=1e-5, atol=1e-5)
    for kind in {s.type for s in neurites}:
        mine = sum(s.length for s in neurites if s.type == kind)
        total = sum(lengths(s for s in theirs.sections if int(s.type) == kind))
        assert mine == pytest.approx(total, rel=1e-5, abs=1e-5), kind
    if not len(theirs.soma.points):
        assert ours.soma is None
    elif file.stem in ARMS:
        assert ours.soma.area < theirs.soma.surface
    else:
        assert ours.soma.area == pytest.approx(float(theirs.soma.surface), rel=1e-5)


def test_every_file_is_read_as_morphio_reads_it(shared_data):
    morphio.set_maximum_warnings(0)
    compared = 0
    for file in files(shared_data):
        if file.stem in REFUSED:
            with pytest.raises(ValueError, match=REFUSED[file.stem]):
                load_swc(file)
            with pytest.raises(morphio.MorphioError):
                morphio.Morphology(file)
        elif file.stem not in NOT_READ:
            compare(file, morphio.Morphology(file))
            compared += 1
    assert compared >= FEWEST


def test_what_morphio_does_not_read(shared_data):
    branched = load_swc(shared_data / "morphologies" / "braincell__branched_soma.swc")
    assert branched.soma.area == pytest.approx(2 * np.pi * 10 * (100 + 10 + 10 + 5 + 5))
    changed = load_swc(shared_data / "morphologies" / "jaxley__morph_non_somatic_branchpoint.swc")
    assert [(s.label, s.length) for s in changed.sections] == [
        ("apical dendrite", 0.0), ("apical dendrite", 1.0), ("axon", pytest.approx(3.0)),
        ("apical dendrite", 2.0), ("basal dendrite", 5.0),
    ]  # fmt: skip


def test_a_soma_with_two_arms(shared_data):
    """The frusta of n120's soma by hand: points 1-9 are one arm, 852-854 hang on point 1."""
    tree = load_swc(shared_data / "morphologies" / "jaxley__morph_ca1_n120.swc")
    points = np.column_stack([tree.xyz, tree.radius])[tree.soma.points]
    arms = [points[:9], points[[0, 9, 10, 11]]]
    area = sum(
        np.pi * (a[3] + b[3]) * np.hypot(np.linalg.norm(b[:3] - a[:3]), b[3] - a[3])
        for arm in arms
        for a, b in itertools.pairwise(arm)
    )
    assert tree.soma.area == pytest.approx(area) and area == pytest.approx(934.0, abs=0.1)
