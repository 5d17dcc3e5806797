import numpy as np
import pytest

from membrax.laws.ions import MAMMALIAN_NEURON, SQUID_AXON
from membrax.plot.course.ions import ions, reversal, signed


def test_concentrations_and_nernst_potentials(tmp_path):
    left, right = ions(MAMMALIAN_NEURON, path=tmp_path / "ions.png").axes
    drawn = {line.get_label(): line for line in left.get_lines()}
    for name, ion in MAMMALIAN_NEURON.ions.items():
        assert drawn[f"{name} outside"].get_xdata()[0] == ion.outside
        assert drawn[f"{name} inside"].get_xdata()[0] == ion.inside
    assert [label.get_text() for label in left.get_yticklabels()] == ["K⁺", "Na⁺", "Cl⁻", "Ca²⁺"]
    assert drawn["K outside"].get_markerfacecolor() == "white"
    np.testing.assert_allclose([bar.get_width() for bar in right.patches], [-89.06, 66.60, -64.09, 132.35], atol=0.01)
    assert [text.get_text() for text in right.texts] == ["−89", "+67", "−64", "+132"]
    assert left.get_xscale() == "log" and left.get_xlabel() == "concentration (mM): ● inside, ○ outside"
    assert right.get_xlabel() == "Nernst potential (mV) at 37 °C"
    assert (tmp_path / "ions.png").is_file()


def test_current_is_inward_below_and_outward_above():
    axes = reversal(MAMMALIAN_NEURON, ["K", "Cl"]).axes
    for ax, e in zip(axes, (-89.06, -64.09), strict=True):
        v, i = ax.get_lines()[2].get_data()
        np.testing.assert_allclose(i, np.asarray(v) - e, atol=0.01)
        assert i[0] < 0 < i[1] and v[0] < e < v[1]
        assert ax.get_xlabel() == "membrane potential (mV)"
    assert axes[0].get_ylabel() == "current (µA/cm²), outward positive"


def test_an_anion_moves_against_its_current():
    cation, anion = ([text.get_text() for text in ax.texts] for ax in reversal(SQUID_AXON, ["K", "Cl"]).axes)
    assert cation == ["inward current\n(negative):\nK⁺ moves in", "outward current\n(positive):\nK⁺ moves out"]
    assert anion == ["inward current\n(negative):\nCl⁻ moves out", "outward current\n(positive):\nCl⁻ moves in"]


def test_words_are_above_the_curve_in_their_half():
    (ax,) = reversal(MAMMALIAN_NEURON, ["Na"]).axes
    assert ax.get_title(loc="left") == "Na⁺ reverses at +66.6 mV"
    inward, outward = ax.texts
    assert inward.xy[0] < 0.5 < outward.xy[0] and inward.xy[1] == outward.xy[1] == 0.97
    assert ax.get_ylim()[1] > 2.0 * np.max(ax.get_lines()[2].get_ydata())


@pytest.mark.parametrize(("mv", "text"), [(66.6, "+66.6"), (-89.06, "−89.1"), (0.0, "0"), (-0.04, "0")])
def test_potentials_have_their_sign(mv, text):
    assert signed(mv) == text


def test_refusals():
    with pytest.raises(ValueError, match=r"1 to 3 ions of \['K', 'Na', 'Cl', 'Ca'\], got \['Mg'\]"):
        reversal(SQUID_AXON, ["Mg"])
    with pytest.raises(ValueError, match=r"1 to 3 ions of .* got \[\]"):
        reversal(SQUID_AXON, [])
    with pytest.raises(ValueError, match=r"a table of ions, such as membrax\.laws\.ions\.SQUID_AXON, got dict"):
        ions(dict(SQUID_AXON.ions))
