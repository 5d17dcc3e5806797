"""Where on a tree probes look."""

import dataclasses

import jax
import numpy as np
import pytest

import membrax as mx
from membrax import morphology, probes, stimuli
from membrax.probes.sites import as_site

EPS = float(np.finfo(jax.numpy.result_type(float)).eps)


@pytest.fixture(scope="module")
def shape():
    """A soma, a first branch and its two children, two compartments each."""
    return morphology.discretise(
        morphology.binary_tree(3, length=80.0, radius=1.0, soma_radius=6.0), per_section=2
    )  # fmt: skip


@pytest.fixture(scope="module")
def cell(shape):
    channels = {"k": mx.channels.squid.Potassium(), "leak": mx.channels.Leak(g=0.3, e=-54.387)}
    return mx.Cell(channels, morphology=shape)


SITES = [0, (2, 0.0), (3, 1.0), "soma", (np.int64(1), 0.5)]
EVERYTHING = [
    probes.voltage(), probes.gates(4), probes.currents(), probes.transmembrane(8), probes.spikes(-60.0, site=(2, 1.0)),
    probes.summary(),
]  # fmt: skip


@pytest.fixture(scope="module")
def full(cell):
    """Two milliseconds of which everything is kept."""
    return mx.simulate(cell, stimuli.step(0.2, 0.2, unit="nA").at(2, 1.0), duration=2.0, record=EVERYTHING)


@pytest.fixture(scope="module")
def thin(cell):
    """The same at a few sites."""
    kept = [probes.voltage(4, sites=SITES), probes.spikes(-60.0)]
    return mx.simulate(cell, stimuli.step(0.2, 0.2, unit="nA").at(2, 1.0), duration=2.0, record=kept)


def test_sites_are_columns_of_the_whole_voltage(shape, full, thin):
    columns = [shape.site(*(site if isinstance(site, tuple) else (site,))) for site in SITES]
    assert columns == [0, 3, 6, 0, 2]
    assert thin.v.shape == (21, 5)
    assert np.asarray(thin.v) == pytest.approx(np.asarray(full.v)[::4, columns], abs=100 * EPS)
    assert thin.t.tolist() == full.t[::4].tolist()


def test_spikes_are_counted_at_the_site_or_in_the_soma(full, thin, shape):
    def crossing(k):
        v, t = np.asarray(full.v, dtype=float)[:, k], full.t
        above = int(np.argmax(v >= -60.0))
        return np.interp(-60.0, v[above - 1 : above + 1], t[above - 1 : above + 1])

    far, soma = float(full.spikes[0]), float(thin.spikes[0])
    assert far < soma
    assert far == pytest.approx(crossing(shape.site(2, 1.0)), abs=0.02)
    assert soma == pytest.approx(crossing(0), abs=0.02)
    assert int(full.spike_count) == int(thin.spike_count) == 1


def test_every_probe_has_the_compartments_last(full, shape):
    count = shape.count
    assert full.v.shape == (81, count)
    assert full.recorded["gates"]["k"]["n"].shape == (21, count)
    assert {name: x.shape for name, x in full.recorded["currents"].items()} == {
        name: (80, count) for name in ("k", "leak", "stimulus")
    }
    assert full.recorded["transmembrane"].shape == (10, count)
    assert full.times["transmembrane"].tolist() == pytest.approx((np.arange(10) * 8 + 7.5) * 0.025)
    assert full.recorded["summary"].maximum.shape == (count,)


def test_the_stimulus_among_the_currents_is_where_it_goes(full, shape):
    given = np.asarray(full.recorded["currents"]["stimulus"], dtype=float)
    at = shape.site(2, 1.0)
    assert given[-1, at] == pytest.approx(1e5 * 0.2 / float(shape.area[at]), rel=1e-5)
    assert np.count_nonzero(given) == np.count_nonzero(given[:, at])


def test_the_charge_of_each_compartment_balances(full, shape):
    # C Δv/dt + Σ ionic is what comes along the neurite and from the electrode, to the second order of a step.
    area = 1e-5 * np.asarray(shape.area, dtype=float)
    rate = np.diff(np.asarray(full.v, dtype=float), axis=0)[7::8] / 0.025
    ionic = sum(np.asarray(full.recorded["currents"][name], dtype=float)[7::8] for name in ("k", "leak"))
    through = np.asarray(full.recorded["transmembrane"], dtype=float)
    assert through[2:] == pytest.approx((area * (rate + ionic))[2:], abs=0.03 * float(np.abs(through).max()))
    assert np.sum(through[1:], axis=1) == pytest.approx(np.full(9, 0.2), abs=1e3 * EPS)


def test_times_a_lead_field_the_currents_are_potentials(full, shape):
    field = morphology.lead_field(shape, np.array([[500.0, 0.0, 0.0]]))
    phi = np.asarray(full.recorded["transmembrane"]) @ np.asarray(field).T
    assert phi.shape == (10, 1)
    assert np.all(np.isfinite(phi))


def test_interpolated_sites_are_places_on_the_neurite(cell, shape, full):
    sites = [("soma", 0.5), (2, 0.25), (3, 1.0)]
    probe = probes.voltage(4, sites=sites, interpolated=True)
    seen = mx.simulate(cell, stimuli.step(0.2, 0.2, unit="nA").at(2, 1.0), duration=2.0, record=probe).v
    expected = np.stack([shape.voltage_at(full.v[::4], *site) for site in sites], axis=-1)
    assert np.asarray(seen) == pytest.approx(expected, abs=300 * EPS)
    assert np.ptp(expected[-1]) > 0.5
    with pytest.raises(ValueError, match="interpolated=True needs sites"):
        probes.voltage(interpolated=True)


def test_a_traced_site_of_a_probe_is_refused_with_the_way_on():
    with pytest.raises(ValueError, match=r"a site must be plain values, got traced ones: record .*voltage_at"):
        jax.vmap(lambda place: probes.voltage(sites=[(1, place)]))(jax.numpy.zeros(2))


# --- what is no site


@pytest.mark.parametrize("site", ["soma", 3, (3, 0.25), ("axon", 1), (np.int32(2), 1.0)])
def test_a_site_is_a_section_and_a_fraction(site):
    section, fraction = as_site(site)
    assert 0.0 <= fraction <= 1.0
    assert type(section) in (int, str)


def test_a_section_itself_is_a_site(shape):
    assert as_site(shape.tree.sections[2]) == (2, 0.5)
    assert as_site((shape.tree.sections[3], 0.2)) == (3, 0.2)


@pytest.mark.parametrize(
    "site", [None, 1.5, True, (1, 2.0), (1, -0.1), (1, np.nan), (1, "end"), [1, 0.5], (1, 0.5, 2), (0.5, 1)]
)
def test_what_is_none_is_refused(site):
    with pytest.raises(ValueError, match=r"site must be a section or \(section, fraction\)"):
        probes.spikes(site=site) if site is not None else as_site(site)
    with pytest.raises(ValueError, match=r"a site must be a section or \(section, fraction\)"):
        probes.voltage(sites=[0, site])


def test_no_sites_at_all_are_refused():
    with pytest.raises(ValueError, match="site"):
        probes.voltage(sites=[])


@pytest.mark.parametrize(
    ("site", "told"),
    [
        (4, r"section must be a whole number of 0 … 3, got 4"),
        (-1, r"section must be a whole number of 0 … 3, got -1"),
        ("axon", "there are 0 of type 'axon'"),
        ("basal", "there are 3 of type 'basal': give its index"),
        ("sooma", "unknown type 'sooma': did you mean 'soma'"),
    ],
)
def test_sections_that_the_tree_does_not_have_are_refused(cell, site, told):
    for record in (probes.voltage(sites=[site]), probes.spikes(site=site)):
        with pytest.raises(ValueError, match=told):
            mx.simulate(cell, duration=0.1, record=record)
    current = stimuli.constant(1.0)
    where = sited(current, site)
    with pytest.raises(ValueError, match=told):
        mx.simulate(cell, where, duration=0.1)


def sited(stimulus, site):
    """`Stimulus.at` by way of a copy, so that what it says of words is another test's."""
    return dataclasses.replace(stimulus, part_sites=((site, 0.5),))


def test_a_patch_has_no_sites():
    patch = mx.models.hodgkin_huxley()
    for record in (probes.voltage(sites=[0]), probes.spikes(site=0)):
        with pytest.raises(ValueError, match=r"the site \(0, 0.5\), but the cell has no morphology"):
            mx.simulate(patch, duration=0.1, record=record)
    with pytest.raises(ValueError, match="transmembrane currents are those of a tree"):
        mx.simulate(patch, duration=0.1, record=probes.transmembrane())
    with pytest.raises(ValueError, match="the stimulus has a site, but the cell has no morphology"):
        mx.simulate(patch, stimuli.constant(1.0).at(0), duration=0.1)


# --- currents at sites


def test_at_takes_an_index_a_section_or_a_word(shape):
    pulse = stimuli.step(1.0, unit="nA")
    assert pulse.sites == (None,)
    assert pulse.at(2, 0.25).sites == ((2, 0.25),)
    assert pulse.at(np.int64(2)).sites == ((2, 0.5),)
    assert pulse.at(shape.tree.sections[3], 1).sites == ((3, 1.0),)
    assert (pulse.at(1) + pulse).sites == ((1, 0.5), None)
    assert (pulse + pulse).part_sites == ()
    assert (pulse + 3.0).at(1).sites == ((1, 0.5), (1, 0.5))


@pytest.mark.parametrize(
    "site", [(2, 0.25), [2, 0.25], (np.int32(2), np.float32(0.25)), (np.array(2), np.array(0.25)), ("axon", 1)]
)
def test_at_takes_a_pair_as_it_takes_two(site):
    pulse = stimuli.step(1.0, unit="nA")
    assert pulse.at(site).sites == pulse.at(*site).sites == ((2, 0.25) if site[0] != "axon" else ("axon", 1.0),)
    assert pulse.at(np.str_("soma")).sites == pulse.at(("soma", 0.5)).sites
    assert pulse.at((2, jax.numpy.float32(0.25))).sites == ((2, 0.25),)


@pytest.mark.parametrize("unit", ["nA", pytest.param("uA/cm2", marks=pytest.mark.slow)])
def test_vmap_moves_the_place_as_a_loop_does(cell, unit):
    places = jax.numpy.linspace(0.0, 1.0, 9)

    def end(place):
        both = stimuli.step(0.1, 0.1, unit="nA").at("soma") + stimuli.step(0.2, 0.2, unit=unit).at(2, place)
        return mx.simulate(cell, both, duration=0.5).v[-1]

    moved, loop = np.asarray(jax.vmap(end)(places)), np.stack([end(float(place)) for place in places])
    assert moved == pytest.approx(loop, abs=100 * EPS)
    assert len(np.unique(np.round(moved[:, 0], 4))) == 2  # as many as the section has compartments
    assert np.asarray(jax.jit(end)(0.9)) == pytest.approx(loop[-1], abs=100 * EPS)
    assert float(jax.grad(lambda place: end(place)[0])(0.3)) == 0.0
    assert np.all(np.isnan(jax.jit(end)(1.5)))


def test_a_run_takes_one_place_for_each_neuron(cell):
    pulse, places = stimuli.step(0.2, 0.2, unit="nA"), np.linspace(0.0, 1.0, 5)
    result = mx.run(cell, pulse.at(2, places), duration=0.5, record=probes.voltage(20), progress=False)
    loop = [mx.simulate(cell, pulse.at(2, float(place)), duration=0.5).v[-1] for place in places]
    assert np.asarray(result.v)[:, -1] == pytest.approx(np.stack(loop), abs=200 * EPS)
    with pytest.raises(ValueError, match="simulate takes one stimulus, but this one holds 5"):
        mx.simulate(cell, pulse.at(2, places), duration=0.5)
    with pytest.raises(ValueError, match=r"fraction must be in 0 … 1, got 1.5"):
        pulse.at(2, [0.5, 1.5])
    with pytest.raises(ValueError, match=r"an array \[neuron\], got the shape \(1, 2\)"):
        pulse.at(2, np.zeros((1, 2)))


def test_a_traced_section_is_refused_with_the_way_on():
    with pytest.raises(ValueError, match="a fraction may be traced, a section may not"):
        jax.vmap(lambda section: stimuli.step(1.0).at(section))(jax.numpy.arange(2))


def test_at_takes_a_word():
    assert stimuli.step(1.0, unit="nA").at("soma").sites == (("soma", 0.5),)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((1.5,), "section must be an index or a word such as 'soma', got 1.5"),
        ((True,), "section must be an index or a word such as 'soma', got True"),
        ((None,), "section must be an index or a word such as 'soma', got None"),
        ((1, 1.5), "fraction must be in 0 … 1, got 1.5"),
        ((1, float("nan")), "fraction must be in 0 … 1, got nan"),
        ((1, "end"), "fraction must be in 0 … 1, got 'end'"),
    ],
)
def test_at_refuses_what_is_no_place(given, told):
    with pytest.raises(ValueError, match=told):
        stimuli.step(1.0, unit="nA").at(*given)
