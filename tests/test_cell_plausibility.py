"""Parameters in another simulator's units, and spikes that are only charging: warned of, and nothing healthy is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax.cell_plausibility import is_passive_below_zero, unit_doubts
from membrax.channels import Leak, pospischil

MODELS = {name: getattr(mx.models, name) for name in mx.models.__all__}
IN_SIEMENS = {"na.g": 0.12, "k.g": 0.036, "leak.g": 0.0003}
IN_VOLTS = {"na.e": 0.05, "k.e": -0.077, "leak.e": -0.0544}
SHAPE = mx.morphology.ball_and_stick(10.0, 400.0, 1.0)
TREE = mx.Cell({"leak": Leak(0.05, -70.0)}, morphology=SHAPE)


def squid(changes):
    return mx.replace(mx.models.hodgkin_huxley(), changes)


def tree(**changes):
    return mx.Cell({"leak": Leak(0.05, -70.0)}, morphology=mx.morphology.discretise(SHAPE, **changes))


DOUBTED = {
    "S/cm2": (squid(IN_SIEMENS), r"the leak of 0.0003 mS/cm² gives a time constant of 3.33 s: S/cm²\?"),
    "S/cm2, passive": (mx.Cell({"leak": Leak(5e-5, -70.0)}), r"time constant of 20 s: S/cm²\?"),
    "S/cm2 on a tree": (mx.replace(TREE, {"leak.g": mx.morphology.by_region(soma=1e-4, dendrite=5e-5)}), "S/cm²"),
    "kelvin": (squid({"celsius": 309.15}), r"celsius is 309.15 °C: kelvin\? Then it is 36 °C"),
    "V": (squid(IN_VOLTS), r"no reversal potential is beyond ±0.2 mV \(k.e is -0.077 mV\): V\?"),
    "V, v_init": (squid({"v_init": -0.065}), r"v_init is within ±0.2 mV: V\?"),
    "uV": (squid({"v_init": -65000.0}), r"v_init is as large as 65000 mV: µV\?"),
    "F/cm2": (squid({"capacitance": 1e-6}), r"capacitance is 1e-06 µF/cm²: F/cm²\? Then it is 1 µF/cm²"),
    "F/m2": (squid({"capacitance": 0.01}), r"capacitance is 0.01 µF/cm²: F/m²\? Then it is 1 µF/cm²"),
    "pF": (squid({"capacitance": 250.0}), r"pF of a whole cell\? Then divide it by membrax.units.per_area"),
    "cm2": (squid({"area": 2e-4}), r"area is 0.0002 µm²: cm² or mm²\?"),
    "ohm m": (tree(axial_resistivity=1.5), r"axial_resistivity is 1.5 Ω·cm: Ω·m\?"),
    "kohm cm": (tree(axial_resistivity=0.1), r"axial_resistivity is 0.1 Ω·cm: kΩ·cm\?"),
    "ohm um": (tree(axial_resistivity=1e6), r"Ω·µm\?"),
    "cm": (
        mx.Cell({"leak": Leak(0.05, -70.0)}, morphology=mx.morphology.ball_and_stick(1e-3, 4e-2, 1e-4)),
        r"the largest radius is 0.001 µm: lengths in mm or cm\?",
    ),
}


@pytest.mark.parametrize(("cell", "words"), DOUBTED.values(), ids=DOUBTED)
def test_values_in_another_unit_are_named(cell, words):
    with pytest.warns(UserWarning, match=words):
        mx.simulate(cell, duration=0.1)
    with pytest.warns(UserWarning, match=words):
        mx.run(cell, mx.stimuli.step([0.0, 0.1]), duration=0.1, progress=False)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_the_published_cells_are_not_doubted(model):
    assert list(unit_doubts(model())) == []


UNUSUAL = {
    "thick myelin": mx.replace(TREE, {"capacitance": 0.005}),
    "a slow membrane": mx.Cell({"leak": Leak(2e-3, -80.0)}),
    "no leak at all": mx.Cell({"k": pospischil.Potassium()}),
    "relative potentials": mx.Cell({"leak": Leak(0.1, 0.0)}, v_init=0.0),
    "a capacitor": mx.Cell({}),
    "barely a leak": squid({"leak.g": 1e-4}),
    "a closed leak": mx.Cell({"leak": Leak(0.0, -70.0)}),
    "a hot spring": squid({"celsius": 80.0}),
    "Celsius at freezing": squid({"celsius": -1.0}),
    "a vesicle": squid({"area": 0.1}),
    "a giant axon": squid({"area": 1e9}),
    "a held voltage": squid({"capacitance": 1e12}),
    "a source of current": squid({"leak.e": 1e4}),
    "calcium": squid({"na.e": 180.0}),
    "squid axoplasm": tree(axial_resistivity=20.0),
    "high resistivity": tree(axial_resistivity=1000.0),
    "a thin axon": mx.Cell({"leak": Leak(0.05, -70.0)}, morphology=mx.morphology.cable(100.0, 0.05)),
}


@pytest.mark.parametrize("cell", UNUSUAL.values(), ids=UNUSUAL)
def test_unusual_cells_are_not_doubted(cell):
    assert list(unit_doubts(cell)) == []


@given(
    tau=st.floats(1.5, 400.0), capacitance=st.floats(0.5, 20.0), e=st.floats(-95.0, -40.0),
    celsius=st.floats(4.0, 40.0), area=st.floats(10.0, 1e6),
)  # fmt: skip
def test_any_membrane_is_doubted_only_in_another_unit(tau, capacitance, e, celsius, area):
    g = capacitance / tau
    cell = mx.Cell({"leak": Leak(g, e)}, capacitance=capacitance, celsius=celsius, v_init=e, area=area)
    assert list(unit_doubts(cell)) == []
    assert "S/cm²" in next(unit_doubts(mx.replace(cell, {"leak.g": 1e-3 * g})))
    assert "V?" in next(unit_doubts(mx.replace(cell, {"leak.e": 1e-3 * e, "v_init": 1e-3 * e})))
    assert "kelvin" in next(unit_doubts(mx.replace(cell, {"celsius": celsius + 273.15})))
    assert "F/cm²" in next(unit_doubts(mx.replace(cell, {"capacitance": 1e-6 * capacitance})))
    assert "cm²" in next(unit_doubts(mx.replace(cell, {"area": 1e-8 * area})))


def test_the_largest_value_of_a_population_counts():
    cells = mx.vary(squid({"leak.g": 3e-4, "na.g": 0.12}), {"k.g": [0.036, 36.0]})
    assert list(unit_doubts(cells)) == []
    jax.vmap(lambda cell: mx.simulate(cell, duration=0.1).v)(mx.vary(squid(IN_SIEMENS), {"k.g": jnp.ones(2)}))


# --- spikes that are none


@pytest.mark.parametrize("cell", [mx.Cell({"leak": Leak(0.1, -70.0)}), mx.Cell({}), TREE], ids=["leak", "none", "tree"])
def test_a_passive_membrane_that_crosses_zero_has_no_spikes(cell):
    pulse = mx.stimuli.step(2.0 if cell is TREE else 50.0, 1.0, unit="nA" if cell is TREE else "uA/cm2")
    words = r"the membrane is passive, so that 1 crossing of 0 mV are no action potentials"
    with pytest.warns(UserWarning, match=words):
        trace = mx.simulate(cell, pulse, duration=20.0)
    assert int(trace.spike_count) == 1 and float(trace.v.max()) > 0
    with pytest.warns(UserWarning, match=words):
        mx.run(cell, pulse + mx.stimuli.step(jnp.array([0.0])), duration=20.0, progress=False)


def test_a_linear_channel_of_ones_own_is_passive_too():
    @mx.pytree
    class Shunt:
        g: float = 0.1
        power: float = 1.0

        init = lambda self, v, env: {}  # noqa: E731
        advance = lambda self, gates, v, dt, env: gates  # noqa: E731
        current = lambda self, gates, v, env: self.g * (v + 70.0) ** self.power  # noqa: E731

    assert is_passive_below_zero(mx.Cell({"x": Shunt()}))
    assert not is_passive_below_zero(mx.Cell({"x": Shunt(power=3.0)}))
    with pytest.warns(UserWarning, match="the membrane is passive"):
        mx.simulate(mx.Cell({"x": Shunt()}), 50.0, duration=20.0)


def test_action_potentials_and_subthreshold_charging_are_not_warned_of():
    trace = mx.simulate(mx.models.hodgkin_huxley(), mx.stimuli.step(20.0, 1.0), duration=20.0)
    assert int(trace.spike_count) > 0
    mx.simulate(mx.Cell({"leak": Leak(0.1, -70.0)}), 5.0, duration=20.0)
    opened = mx.Cell({"k": Leak(0.1, -80.0), "na": Leak(5.0, 50.0)})  # its own batteries charge it
    assert int(mx.simulate(opened, duration=20.0).spike_count) == 1
    level = mx.probes.spikes(threshold=-20.0)  # a level of the user's own
    mx.simulate(mx.Cell({"leak": Leak(0.1, -70.0)}), 50.0, duration=20.0, record=level)
    crossing = jax.vmap(lambda i: mx.simulate(mx.Cell({"leak": Leak(0.1, -70.0)}), i, duration=20.0).spike_count)
    assert np.asarray(crossing(jnp.array([50.0]))).tolist() == [1]  # nothing is raised or warned of in a transformation
