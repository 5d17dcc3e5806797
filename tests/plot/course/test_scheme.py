import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.patches import Circle

import membrax as mx
from membrax.channels import markov, squid


def discs(figure):
    """{state: its filled share}, and the rings by where they are."""
    (ax,) = figure.axes
    circles = [patch for patch in ax.patches if isinstance(patch, Circle)]
    rings = {patch.center: patch for patch in circles if patch.get_gid() is None}
    filled = {patch.get_gid(): patch for patch in circles if patch.get_gid()}
    return {name: (patch.radius / rings[patch.center].radius) ** 2 for name, patch in filled.items()}, rings, filled


def test_occupancies_of_eight_states_are_those_of_gates():
    figure = mx.plot.scheme(markov.Sodium(), -40.0)
    shares, rings, filled = discs(figure)
    m, h = (float(a / (a + b)) for a, b in (squid.m_rates(jnp.asarray(-40.0)), squid.h_rates(jnp.asarray(-40.0))))
    assert len(shares) == 8
    assert shares["m3h1"] == pytest.approx(m**3 * h, rel=1e-4)
    assert shares["m1h0"] == pytest.approx(3 * m * (1 - m) ** 2 * (1 - h), rel=1e-4)
    assert sum(shares.values()) == pytest.approx(1.0, rel=1e-5)
    thick = [name for name, patch in filled.items() if rings[patch.center].get_linewidth() > 2]
    assert thick == ["m3h1"]
    # Open m gates are counted to the right, h downwards.
    assert filled["m2h0"].center[0] > filled["m1h0"].center[0]
    assert filled["m0h1"].center[1] < filled["m0h0"].center[1]
    assert figure.get_suptitle() == "At −40 mV: steady occupancies, and rates in 1/ms"


def test_rates_carry_their_factors():
    (ax,) = mx.plot.scheme(markov.Potassium(), -55.0).axes
    texts = [text.get_text() for text in ax.texts]
    alpha, beta = (float(x) for x in squid.n_rates(jnp.asarray(-55.0)))
    assert rf"$4\alpha_n$ = {mx.plot.style.number(float(f'{4 * alpha:.3g}'))}" in texts
    assert rf"$2\beta_n$ = {mx.plot.style.number(float(f'{2 * beta:.3g}'))}" in texts
    assert rf"$\alpha_n$ = {mx.plot.style.number(float(f'{alpha:.3g}'))}" in texts
    assert sum(text.startswith("$") for text in texts) == 8


def test_other_schemes_are_rows(tmp_path):
    receptor = markov.DelCastilloKatz(concentration=0.1)
    figure = mx.plot.scheme(receptor, 0.0, path=tmp_path / "scheme.png")
    shares, _, filled = discs(figure)
    assert set(shares) == {"R", "AR", "AR*"}
    assert len({patch.center[1] for patch in filled.values()}) == 1
    assert "10" in [text.get_text() for text in figure.axes[0].texts]  # 100/(mM ms) · 0.1 mM
    assert (tmp_path / "scheme.png").read_bytes().startswith(b"\x89PNG")


def test_the_temperature_scales_rates_and_not_occupancies():
    own, warm = (discs(mx.plot.scheme(markov.Sodium(), 0.0, celsius=c))[0] for c in (None, 16.3))
    np.testing.assert_allclose(list(own.values()), list(warm.values()), rtol=1e-4, atol=1e-7)


def test_refusals(cell):
    with pytest.raises(ValueError, match=r"a kinetic scheme.*got Sodium"):
        mx.plot.scheme(cell.channels["na"], 0.0)
    with pytest.raises(ValueError, match="draws one neuron, but g is an array"):
        mx.plot.scheme(markov.Sodium(g=jnp.ones(3)), 0.0)
    rates = {("C", "O"): lambda v, env: env.celsius, ("O", "C"): lambda v, env: env.celsius}
    warm = markov.Markov(markov.Scheme(("C", "O"), rates, {"O": 1.0}))
    with pytest.raises(ValueError, match="depend on the temperature: pass celsius=, in °C"):
        mx.plot.scheme(warm, 0.0, celsius=float("nan"))
