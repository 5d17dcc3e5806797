import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import probes, stimuli
from membrax.cell import settle
from membrax.integrators import exponential_euler, runge_kutta, staggered
from membrax.population.axes import state_axes

X64 = jax.config.jax_enable_x64
PULSE = stimuli.step(10.0, start=0.51, stop=15.49)
NOISE = stimuli.ornstein_uhlenbeck(8.0, 4.0, 3.0) + stimuli.pulse_train(6.0, 1.01, width=0.7, period=3.33)


def identical(a, b):
    """Everything that was kept is the same to the bit."""
    kept = lambda r: jax.tree.leaves((r.recorded, r.times, r.spike_times, r.spike_counts, r.final.v, r.final.gates))  # noqa: E731
    return all(np.array_equal(x, y, equal_nan=True) for x, y in zip(kept(a), kept(b), strict=True))


# --- many are one, many times over


@pytest.fixture(scope="module")
def crowd(cell):
    """Ten thousand neurons."""
    return mx.vary(cell, {"na.g": jnp.linspace(60.0, 180.0, 10_000), "k.g": jnp.linspace(20.0, 40.0, 10_000)})


@pytest.fixture(scope="module")
def crowded(crowd, run):
    return run(crowd, PULSE, duration=20.0, dt=0.05, record=[probes.spikes(), probes.summary()])


@pytest.mark.x64
def test_ten_thousand_neurons_agree_with_simulate_in_float64(crowd, crowded):
    test_ten_thousand_neurons_agree_with_simulate(crowd, crowded)


def test_ten_thousand_neurons_agree_with_simulate(crowd, crowded):
    one = lambda cell: mx.simulate(cell, PULSE, duration=20.0, dt=0.05, record=probes.voltage(400))  # noqa: E731
    alone = jax.jit(jax.vmap(one))(crowd)
    assert np.array_equal(crowded.spike_counts, alone.spike_count)
    assert len(set(crowded.spike_counts.tolist())) >= 2
    width = crowded.spike_times.shape[1]
    apart = np.abs(crowded.spike_times - np.asarray(alone.spikes)[:, :width])
    # Two programs round in their own ways. A neuron that only just fires makes much of that, as it does of any change:
    # beyond 1e-4 ms it may make a tenth of what the ten-thousandth of the range to the next neuron makes.
    steps = np.pad(np.abs(np.diff(crowded.spike_times, axis=0)), ((1, 1), (0, 0)), constant_values=np.nan)
    step = np.fmax(steps[:-1], steps[1:])  # to the farther of the neighbours that fire
    assert np.array_equal(np.isnan(apart), np.isnan(crowded.spike_times))
    assert np.nanmax(apart - 0.1 * step) < (1e-9 if X64 else 1e-4)
    assert np.nanmedian(apart) < (1e-11 if X64 else 1e-5)
    assert crowded.finite.all()


@pytest.mark.parametrize("bad", [np.nan, -1.0, np.inf])
def test_an_invalid_neuron_does_not_affect_the_others(crowd, crowded, run, bad):
    broken = mx.pytrees.put(crowd, "na.g", crowd.channels["na"].g.at[4321].set(bad))
    bound = "finite" if not np.isfinite(bad) else "at least 0 mS/cm²"
    message = rf"1 of 10000 neurons are not finite: 4321 \(na.g must be {bound}, got {bad:g} mS/cm²\)"
    with pytest.warns(UserWarning, match=message):
        result = run(broken, PULSE, duration=20.0, dt=0.05, record=[probes.spikes(), probes.summary()])
    others = np.arange(10_000) != 4321
    assert np.array_equal(result.finite, others)
    assert list(result.quarantined) == [4321]
    assert np.array_equal(result.spike_counts[others], crowded.spike_counts[others])
    assert np.array_equal(result.spike_times[others], crowded.spike_times[others], equal_nan=True)
    for name in ("minimum", "maximum", "mean"):
        kept = (getattr(r.recorded["summary"], name)[others] for r in (result, crowded))
        assert np.array_equal(*kept)
    assert np.array_equal(result.final.v[others], crowded.final.v[others])


def test_a_neuron_that_diverges_is_named(cell, cells, run):
    v = jnp.full(7, -65.0).at[2].set(jnp.nan)
    state = jax.vmap(lambda v: mx.cell.state_at(cell, v))(v)
    with pytest.warns(UserWarning, match=r"1 of 7 neurons are not finite: 2 \(diverged\)"):
        result = run(cells, duration=1.0, state=state)
    assert result.finite.tolist() == [True, True, False, True, True, True, True]
    assert result.quarantined == {}


def test_five_of_many_invalid_neurons_are_named(cell, run):
    with pytest.warns(UserWarning, match=r"7 of 8 neurons are not finite: 0 .*, 4 \(.*\) and 2 more"):
        run(mx.vary(cell, {"na.g": [-1.0] * 7 + [1.0]}), duration=0.1)


def test_a_run_agrees_with_vmapped_simulate(cells, run):
    result = run(cells, PULSE, duration=20.0, record=[probes.voltage(), probes.gates(4), probes.currents(8)])
    alone = jax.jit(
        jax.vmap(lambda c: mx.simulate(c, PULSE, duration=20.0, record=[probes.gates(4), probes.currents(8)]))
    )(cells)
    assert result.v.shape == (7, 801)
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-3)  # noqa: E731
    close(result.v, alone.v)
    for channel, gate in [("na", "m"), ("na", "h"), ("k", "n")]:
        close(result.recorded["gates"][channel][gate], alone.recorded["gates"][channel][gate])
    jax.tree.map(close, result.recorded["currents"], alone.recorded["currents"])
    for name, times in alone.times.items():
        assert result.times[name] == pytest.approx(times)


def test_stimuli_may_be_many_for_one_cell(cell, run):
    levels = np.array([0.0, 8.0, 16.0])
    result = run(cell, stimuli.step(levels, stop=np.array([20.0, 20.0, 3.0])), duration=20.0)
    assert result.spike_counts.tolist() == [0, 2, 1]
    assert result.rates.tolist() == [0.0, 100.0, 50.0]


def test_noise_differs_between_neurons_and_follows_the_key(cell, cells, run):
    result = run(cells, NOISE, duration=2.0, key=9, record=probes.currents())
    current = result.recorded["currents"]["stimulus"]
    own = jax.random.fold_in(jax.random.key(9), 1)
    alone = stimuli.evaluate(NOISE, duration=2.0, dt=0.025, key=own)
    assert current[1] == pytest.approx(np.asarray(alone), abs=1e-4)
    assert np.all(np.ptp(current, axis=0) > 0)
    assert len(np.unique(current[:, 0])) == 7
    # One state for all has one key, of which each neuron gets its own.
    one = mx.cell.state_at(cell, -65.0, key=jax.random.key(9))
    again = run(cells, NOISE, duration=2.0, state=one, record=probes.currents())
    assert np.array_equal(again.recorded["currents"]["stimulus"], current)


# --- chunks and cuts leave no mark

EVERYTHING = [probes.voltage(4), probes.currents(4), probes.summary(), probes.spikes(capacity=8)]


@pytest.fixture(scope="module")
def whole(cells, run):
    """Fifteen milliseconds with noise, edges between grid points, and everything recorded."""
    return run(cells, NOISE, duration=15.0, key=3, record=EVERYTHING)


@pytest.mark.parametrize("chunk", [5.0, 0.7, 100.0])
def test_chunks_change_no_bit(cells, run, whole, chunk):
    assert identical(run(cells, NOISE, duration=15.0, key=3, record=EVERYTHING, chunk=chunk), whole)


def test_a_run_continues_from_a_final_state_bit_for_bit(cells, run, whole):
    first = run(cells, NOISE, duration=5.0, key=3, record=EVERYTHING)
    second = run(cells, NOISE, duration=10.0, state=first.final, record=EVERYTHING)
    assert np.array_equal(second.final.v, whole.final.v)
    assert np.array_equal(np.hstack([first.v, second.v[:, 1:]]), whole.v)
    assert np.hstack([first.t, second.t[1:]]) == pytest.approx(whole.t, abs=1e-9)
    stimulus = [r.recorded["currents"]["stimulus"] for r in (first, second, whole)]
    assert np.array_equal(np.hstack(stimulus[:2]), stimulus[2])
    assert np.array_equal(first.spike_counts + second.spike_counts, whole.spike_counts)
    both = np.sort(np.hstack([first.spike_times, second.spike_times]))[:, : whole.spike_times.shape[1]]
    assert both == pytest.approx(whole.spike_times, abs=1e-9, nan_ok=True)
    assert whole.spike_counts.sum() > 7
    assert second.final.time.whole == 15.0
    assert second.final.step == 600


def test_the_times_of_a_late_run_are_exact(cell, run):
    late = mx.pytrees.put(mx.cell.state_at(cell, -65.0), "time.whole", jnp.asarray(3.6e6))
    record = [probes.voltage(100), probes.spikes()]
    result = run(cell, stimuli.step(10.0, start=3.6e6 + 1.0), duration=5.0, state=late, record=record)
    early = run(cell, stimuli.step(10.0, start=1.0), duration=5.0)
    assert result.t == pytest.approx([3.6e6, 3.6e6 + 2.5, 3.6e6 + 5.0], abs=1e-9)
    assert result.spike_times - 3.6e6 == pytest.approx(early.spike_times, abs=1e-4)


def test_strides_that_do_not_divide_a_chunk(cells, run):
    record = [probes.voltage(2), probes.gates(3)]
    whole = run(cells, PULSE, duration=3.0, record=record)
    parts = run(cells, PULSE, duration=3.0, record=record, chunk=0.125)
    assert parts.v.shape == (7, len(parts.t))
    assert identical(parts, whole)


@pytest.mark.parametrize("steps", [60, 65])
def test_several_strides_and_a_remainder(cells, run, steps):
    full = run(cells, PULSE, duration=65 * 0.025, record=[probes.voltage(), probes.gates()])
    thin = run(cells, PULSE, duration=steps * 0.025, record=[probes.voltage(6), probes.gates(4)])
    assert thin.v == pytest.approx(full.v[:, : steps + 1 : 6], abs=1e-3)
    assert thin.t == pytest.approx(full.t[: steps + 1 : 6])
    n = thin.recorded["gates"]["k"]["n"]
    assert n == pytest.approx(full.recorded["gates"]["k"]["n"][:, : steps + 1 : 4], abs=1e-5)
    assert n.shape[1] == len(thin.times["gates"])


@pytest.mark.parametrize(
    "integrator",
    [staggered, exponential_euler, runge_kutta],
    ids=repr,
)
def test_another_scheme_continues_from_lagging_gates(cells, run, integrator):
    final = run(cells, 10.0, duration=10.0).final
    assert final.lag == pytest.approx(0.0125)
    axes = state_axes(final)
    settled = jax.vmap(settle, in_axes=(0, axes), out_axes=axes)(cells, final)
    named = {"duration": 10.0, "dt": 0.0125, "integrator": integrator, "record": probes.voltage(8)}
    lagging, level = (run(cells, 10.0, state=state, **named) for state in (final, settled))
    assert lagging.v == pytest.approx(level.v, abs=0.02)


# --- what a host sees


def test_ctrl_c_keeps_what_is_done(cells, run, whole, interrupt):
    interrupt(after=2)
    with pytest.warns(UserWarning, match="interrupted: 10 of 15 ms are kept"):
        part = run(cells, NOISE, duration=15.0, key=3, record=EVERYTHING, chunk=5.0)
    assert part.duration == pytest.approx(10.0)
    assert np.array_equal(part.v, whole.v[:, : part.v.shape[1]])
    assert part.t[-1] == pytest.approx(10.0)
    assert part.final.step == 400
    assert np.array_equal(part.spike_counts, np.sum(whole.spike_times < 10.0, axis=1))


def test_ctrl_c_at_once_keeps_the_initial_state(cells, run, interrupt):
    interrupt(after=0)
    with pytest.warns(UserWarning, match="interrupted: 0 of 15 ms are kept"):
        nothing = run(cells, PULSE, duration=15.0, record=probes.voltage())
    assert nothing.duration == 0.0
    assert nothing.v.shape == (7, 1)
    assert nothing.spike_times.shape == (7, 0)


def test_nothing_done_has_no_rate_and_no_warning(cells, run, interrupt):
    interrupt(after=0)
    with pytest.warns(UserWarning, match="interrupted"):
        nothing = run(cells, PULSE, duration=15.0)
    assert nothing.rates.shape == (7,)


def test_spikes_beyond_the_buffer_are_counted_and_told(cells, run):
    full = run(cells, 10.0, duration=40.0)
    most = full.spike_counts.max()
    over = int(np.sum(full.spike_counts > 1))
    message = rf"{over} neurons fired more than 1 spikes: .*record=membrax.probes.spikes\(capacity={most}\) keeps them"
    with pytest.warns(UserWarning, match=message):
        few = run(cells, 10.0, duration=40.0, record=probes.spikes(capacity=1))
    assert np.array_equal(few.spike_counts, full.spike_counts)
    assert few.spike_times == pytest.approx(full.spike_times[:, :1], abs=1e-5)


def test_spike_times_are_padded_with_nan(cells, run):
    result = run(cells, 10.0, duration=40.0)
    assert result.spike_times.dtype == np.float64
    assert result.spike_times.shape == (7, result.spike_counts.max())
    assert np.array_equal(np.isfinite(result.spike_times).sum(axis=1), result.spike_counts)


def test_spikes_are_kept_beside_other_probes(cells, run):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = run(cells, 10.0, duration=20.0, record=probes.summary())
    assert result.spike_times.shape == (7, result.spike_counts.max())
    assert result.spike_counts.max() == 2


def test_a_bar_shows_simulated_time(cells, run, capsys):
    run(cells, 10.0, duration=2.0, progress=True)
    output = capsys.readouterr().err
    assert "7 neurons: 100%" in output
    assert "2/2 ms" in output
    run(cells, 10.0, duration=2.0, progress=False)
    assert capsys.readouterr().err == ""


def test_new_values_do_not_compile_the_chunk_again(cells, run):
    calls = []
    counting = mx.integrators.Integrator(
        "counting", lambda *given: calls.append(1) or staggered.advance(*given), staggered=True
    )
    run(cells, stimuli.step(10.0), duration=1.0, integrator=counting)
    traced = len(calls)
    run(mx.replace(cells, {"na.g": np.linspace(1, 2, 7), "capacitance": np.full(7, 2.0)}), stimuli.step(3.0, 0.2),
        duration=1.0, integrator=counting)  # fmt: skip
    run(cells, 1, duration=2.0, chunk=1.0, integrator=counting)
    assert len(calls) == traced > 0


def test_a_second_run_compiles_nothing(cells, run):
    go = lambda: run(cells, stimuli.step(10.0), duration=1.0)  # noqa: E731
    go()
    go()
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, seconds, **_: compiled.append(event) if "backend_compile" in event else None
    )
    go()
    assert len(compiled) == 0
