import jax.numpy as jnp
import numpy as np
import pytest

from membrax.laws.electrochemistry import ghk_flux, nernst
from membrax.laws.electrodiffusion import nernst_planck, permeability
from membrax.plot.course.diffusion import diffusion

MEMBRANE = dict(diffusivity=1e-6, valence=1, celsius=37.0, thickness=0.005, dt=0.5, steps=60)


@pytest.fixture(scope="module")
def profile():
    return nernst_planck(0.0, 5.0, 140.0, initial=jnp.zeros(40), **MEMBRANE)


def test_profiles_at_six_times(profile):
    profiles, _ = diffusion(profile).axes
    drawn = profiles.get_lines()
    assert [line.get_label() for line in drawn] == ["0 ms", "0.5 ms", "1.5 ms", "4 ms", "11 ms", "30 ms"]
    np.testing.assert_allclose(drawn[0].get_xdata()[[0, -1]], [0.0, 5.0], rtol=1e-6)
    np.testing.assert_array_equal(drawn[-1].get_ydata(), profile.concentration[-1])
    assert profiles.get_ylabel() == "concentration (mM)"


def test_fluxes_approach_the_goldman_flux(profile, tmp_path):
    fluxes = diffusion(profile, path=tmp_path / "a.png").axes[1]
    inner, outer = (line.get_ydata() for line in fluxes.get_lines()[1:])
    p = float(permeability(1e-6, thickness=0.005))
    expected = float(ghk_flux(0.0, p, 5.0, 140.0, valence=1, celsius=37.0))
    assert inner[0] > expected > outer[0]
    assert inner[-1] == pytest.approx(expected, rel=1e-3) and outer[-1] == pytest.approx(expected, rel=1e-3)
    assert (fluxes.get_xlabel(), fluxes.get_ylabel()) == ("time (ms)", "outward flux (µmol/(cm² s))")
    assert (tmp_path / "a.png").is_file()


def test_a_changing_potential_has_a_panel(profile):
    e = float(nernst(5.0, 140.0, valence=1, celsius=37.0))
    falling = jnp.linspace(0.0, e, 61)[:, None] * jnp.linspace(1.0, 0.0, 42)[None]
    moved = profile._replace(potential=falling)
    assert len(diffusion(moved).axes) == 3
    level, drawn = diffusion(moved, equilibrium=e).axes[2].get_lines()
    assert level.get_ydata()[0] == e
    np.testing.assert_allclose(drawn.get_ydata(), np.linspace(0.0, e, 61), rtol=1e-5, atol=1e-6)


def two_ions(profile):
    """The second is ten times as concentrated as the first."""
    several = {name: jnp.stack([getattr(profile, name)] * 2, axis=1) for name in ("concentration", "potential", "flux")}
    factors = jnp.asarray([1.0, 10.0])[None, :, None]
    return profile._replace(**several | {name: several[name] * factors for name in ("concentration", "flux")})


def test_one_of_several_ions(profile):
    for ion, factor in enumerate((1.0, 10.0)):
        profiles, fluxes = diffusion(two_ions(profile), ion=ion).axes
        np.testing.assert_allclose(profiles.get_lines()[-1].get_ydata(), factor * profile.concentration[-1], rtol=1e-6)
        np.testing.assert_allclose(fluxes.get_lines()[1].get_ydata(), factor * profile.flux[1:, 0], rtol=1e-6)


def test_refusals(profile):
    with pytest.raises(ValueError, match="a Profile, as from"):
        diffusion(np.zeros((3, 3)))
    with pytest.raises(ValueError, match=r"ion must be the index of an ion .* got 2 for the shape \(61, 2, 42\)"):
        diffusion(two_ions(profile), ion=2)
    with pytest.raises(ValueError, match="at least 6 steps, got 3"):
        diffusion(profile._replace(t=profile.t[:4]))
