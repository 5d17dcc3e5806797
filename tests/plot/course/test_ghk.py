import numpy as np
import pytest

from membrax.laws.electrochemistry import nernst
from membrax.laws.ions import MAMMALIAN_NEURON, SQUID_AXON, Ion, IonTable
from membrax.plot.course.ghk import ghk, rectification
from membrax.plot.course.ions import channel_colours, symbol
from membrax.units import FARADAY, GAS

ROWS = {"K": Ion(5.0, 140.0, 1, 1.0), "Na": Ion(145.0, 12.0, 1, 0.04), "Cl": Ion(110.0, 10.0, -1, 0.45),
        "Ca": Ion(2.0, 1e-4, 2)}  # fmt: skip
TABLE = IonTable(ROWS, 37.0, "a test")
OUT, INS, Z, _ = zip(*ROWS.values(), strict=True)
RT_F = 1e3 * GAS * 310.15 / FARADAY


def lines(ax):
    return {line.get_label(): np.array(line.get_data()) for line in ax.get_lines()}


@pytest.fixture(scope="module")
def panels():
    return rectification(TABLE).axes


def test_constant_field_currents(panels):
    for ax, out, ins, z in zip(panels, OUT, INS, Z, strict=True):
        v, i = lines(ax)["constant field"]
        assert (v[0], v[-1]) == (-100.0, 60.0)
        u = z * (v + 1e-7) * FARADAY / (1e3 * GAS * 310.15)
        expected = 1e-6 * z * FARADAY * u * (ins - out * np.exp(-u)) / (1 - np.exp(-u))
        np.testing.assert_allclose(i, expected, atol=2e-5 * np.abs(expected).max())


def test_the_line_is_a_tangent_at_the_reversal_potential(panels):
    for ax, out, ins, z in zip(panels, OUT, INS, Z, strict=True):
        e = float(nernst(out, ins, valence=z, celsius=37.0))
        v, ohmic = lines(ax)["ohmic, $g\\,(v − E)$"]
        slope = np.diff(ohmic) / np.diff(v)
        # For u = ln(out/ins) the slope of the curve where it is 0 is P z²F²/RT · u out ins/(out − ins).
        exact = 1e-6 * z**2 * FARADAY**2 / (1e3 * GAS * 310.15) * np.log(out / ins) * out * ins / (out - ins)
        np.testing.assert_allclose(slope, abs(exact), rtol=2e-3)
        assert np.mean(ohmic / slope.mean() - v) == pytest.approx(-e, rel=1e-3)
        assert (lines(ax)["constant field"][1] < 0)[v < e - 1].all()
        assert (lines(ax)["constant field"][1] > 0)[v > e + 1].all()


def test_direction_of_rectification_of_each_ion(panels):
    beyond = [lines(ax)["constant field"][1] - lines(ax)["ohmic, $g\\,(v − E)$"][1] for ax in panels]
    k, na, cl, ca = beyond
    assert k[-1] > 0 and cl[-1] > 0  # more outward current than ohmic: K⁺ is plenty inside, Cl⁻ outside
    assert na[0] < 0 and ca[0] < 0  # more inward current


def test_labels_of_the_axes(panels):
    figure = panels[0].figure
    assert figure.get_supxlabel() == "membrane potential (mV)"
    assert figure.get_supylabel() == "current (µA/cm²), outward positive"
    assert panels[0].get_title(loc="left") == "K⁺: $E$ = −89.1 mV"


def potential(k, na, cl):
    """Hodgkin & Katz 1949, eq. 5, for outside concentrations and the inside of the test's table."""
    return RT_F * np.log((k + 0.04 * na + 0.45 * 10.0) / (140.0 + 0.04 * 12.0 + 0.45 * cl))


def test_ghk_over_the_outside_concentration(tmp_path):
    figure = ghk(TABLE, path=tmp_path / "ghk.png")
    (ax,) = figure.axes
    drawn = lines(ax)
    k, v = drawn["Goldman–Hodgkin–Katz"]
    np.testing.assert_allclose(v, potential(k, 145.0, 110.0), rtol=1e-5)
    np.testing.assert_allclose(drawn["Nernst, K⁺ alone"][1], nernst(k, 140.0, valence=1, celsius=37.0), rtol=1e-5)
    (dot,) = [line for line in ax.get_lines() if line.get_marker() == "o"]
    np.testing.assert_allclose(np.ravel(dot.get_data()), [5.0, potential(5.0, 145.0, 110.0)], rtol=1e-5)
    assert (ax.get_xlabel(), ax.get_xscale()) == ("K⁺ outside (mM)", "log")
    assert figure.get_suptitle() == "With 5 mM K⁺ outside: −67.3 mV"
    assert (tmp_path / "ghk.png").is_file()


def test_dot_and_levels_follow_the_concentration():
    (ax,) = ghk(TABLE, "Na", 14.5).axes
    (dot,) = [line for line in ax.get_lines() if line.get_marker() == "o"]
    np.testing.assert_allclose(np.ravel(dot.get_data()), [14.5, potential(5.0, 14.5, 110.0)], rtol=1e-5)
    levels = sorted(line.get_ydata()[0] for line in ax.get_lines()[:3])
    np.testing.assert_allclose(levels[2], nernst(14.5, 12.0, valence=1, celsius=37.0), rtol=1e-4)


def test_labels_of_levels_do_not_overlap():
    (ax,) = ghk(SQUID_AXON, "Na").axes
    at = sorted(text.xy[1] for text in ax.texts)
    assert np.diff(at).min() > 10.0 and at[0] == pytest.approx(-77.0, abs=0.1)
    assert ax.get_xlim()[1] == pytest.approx(1000.0)


def test_a_permeable_anion_hyperpolarises():
    over = {name: lines(ghk(TABLE, name).axes[0])["Goldman–Hodgkin–Katz"][1] for name in ("K", "Na", "Cl")}
    slopes = {name: np.diff(v) for name, v in over.items()}
    assert (slopes["K"] >= 0).all() and (slopes["Na"] >= 0).all() and (slopes["Cl"] <= 0).all()


def test_the_squid_axon_rests_near_minus_60_millivolts():
    assert ghk(SQUID_AXON).get_suptitle().startswith("With 20 mM K⁺ outside: −6")


def test_colours_and_symbols_of_ions():
    assert channel_colours(["Na", "K"]) == channel_colours(["K", "Na"])[::-1] == channel_colours(["na", "k"])
    assert len(set(channel_colours(["K", "Mg", "Na", "leak", "Cl", "Ca"]))) == 6
    assert [symbol(name, ion) for name, ion in ROWS.items()] == ["K⁺", "Na⁺", "Cl⁻", "Ca²⁺"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rectification(ROWS), "a table of ions, such as"),
        (lambda: rectification(TABLE._replace(ions={})), "1 to 6 ions, got 0"),
        (lambda: rectification(TABLE, permeability=0.0), "permeability must be above 0 cm/s, got 0 cm/s"),
        (lambda: ghk(TABLE, "Ca"), r"varied must be an ion with a permeability, one of \['K', 'Na', 'Cl'\], got 'Ca'"),
        (lambda: ghk(MAMMALIAN_NEURON), r"one of \[\], got 'K'"),
        (lambda: ghk(TABLE, "K", 0.0), "outside must lie in 0.166667…150 mM, got 0 mM"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()
