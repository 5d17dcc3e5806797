import sys

import numpy as np
import pytest

from membrax.fitting.evaluation.efel import efel_features
from membrax.fitting.report.efel import efel_section


def test_without_efel_the_extra_is_named(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "efel", None)
    with pytest.raises(ImportError, match=r'pip install "membrax\[features\]"'):
        efel_features(found)


@pytest.fixture(scope="module")
def rows(found):
    pytest.importorskip("efel")
    return efel_features(found, ["AP_amplitude", "AP_duration_half_width", "mean_frequency", "voltage_base"])


def test_the_recording_stands_beside_the_model(rows, found):
    own = found.evaluate().rows
    assert [row.pulse for row in rows] == [row.pulse for row in own]
    for row, mine in zip(rows, own, strict=True):
        assert row.fitted == mine.fitted
        for theirs, ours in ((row.recorded, mine.recorded), (row.model, mine.model)):
            if ours.spike_count:
                # eFEL resamples to 0.1 ms and finds a spike's beginning a little differently.
                assert theirs["AP_amplitude"] == pytest.approx(ours.ap_amplitude, abs=3.0)
                assert theirs["AP_duration_half_width"] == pytest.approx(ours.ap_duration_half_width, abs=0.15)
            else:
                assert np.isnan(theirs["AP_amplitude"])


def test_every_pulse_is_looked_at_by_itself(rows):
    first, second = (next(r for r in rows if (r.pulse.sweep, r.pulse.number) == (4, n)) for n in (0, 1))
    # eFEL's rate is the count over the time to the last spike.
    assert first.recorded["mean_frequency"] == pytest.approx(4e3 / 141.0, rel=0.02)
    assert second.recorded["mean_frequency"] == pytest.approx(4e3 / 181.0, rel=0.02)
    assert second.recorded["voltage_base"] == pytest.approx(-65.0, abs=0.5)


def test_they_make_a_section(rows):
    section = efel_section(rows)
    assert len(section.table) == 11 and {len(line) for line in section.table} == {8}
    assert section.table[1][:4] == ["0", "100", "fitted", "−0.100"] and section.table[1][4] == "–"


def test_features_that_efel_has_not_are_told(found):
    pytest.importorskip("efel")
    with pytest.raises(ValueError, match=r"unknown eFEL feature 'AP_amplitud': did you mean 'AP_amplitude'"):
        efel_features(found, ["AP_amplitud"])
    with pytest.raises(ValueError, match="at least one"):
        efel_features(found, [])
