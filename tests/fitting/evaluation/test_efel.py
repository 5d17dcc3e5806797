import sys

import numpy as np
import pytest

from membrax.fitting.evaluation.efel import FEATURES, efel_features
from membrax.fitting.report.report import report_sections


def test_without_efel_the_extra_is_named(pulse_fit, monkeypatch):
    monkeypatch.setitem(sys.modules, "efel", None)
    with pytest.raises(ImportError, match=r'pip install "membrax\[features\]"'):
        efel_features(pulse_fit)


@pytest.fixture(scope="module")
def rows(pulse_fit):
    pytest.importorskip("efel")
    return efel_features(pulse_fit, ["AP_amplitude", "AP_duration_half_width", "mean_frequency", "voltage_base"])


def test_features_of_recording_and_model_agree_with_ours(rows, pulse_fit):
    own = pulse_fit.evaluate().rows
    assert [row.pulse for row in rows] == [row.pulse for row in own]
    for row, mine in zip(rows, own, strict=True):
        assert row.training == mine.training
        for theirs, ours in ((row.recorded, mine.recorded), (row.model, mine.model)):
            if ours.spike_count:
                # eFEL resamples to 0.1 ms and finds a spike's beginning a little differently.
                assert theirs["AP_amplitude"] == pytest.approx(ours.ap_amplitude, abs=3.0)
                assert theirs["AP_duration_half_width"] == pytest.approx(ours.ap_duration_half_width, abs=0.15)
            else:
                assert np.isnan(theirs["AP_amplitude"])


def test_every_pulse_has_its_own_features(rows):
    first, second = (next(r for r in rows if (r.pulse.sweep, r.pulse.number) == (4, n)) for n in (0, 1))
    # eFEL's rate is the count over the time to the last spike.
    assert first.recorded["mean_frequency"] == pytest.approx(4e3 / 141.0, rel=0.02)
    assert second.recorded["mean_frequency"] == pytest.approx(4e3 / 181.0, rel=0.02)
    assert second.recorded["voltage_base"] == pytest.approx(-65.0, abs=0.5)


def test_the_report_has_them_on_request(pulse_fit):
    pytest.importorskip("efel")
    titles = [[section.title for section in report_sections(pulse_fit, efel=efel)] for efel in (False, True)]
    assert "eFEL features" not in titles[0]
    section = report_sections(pulse_fit, efel=True)[titles[1].index("eFEL features")]
    assert len(section.table) == 11 and {len(line) for line in section.table} == {4 + len(FEATURES)}
    assert section.table[1][:4] == ["0", "100", "training", "−0.100"] and section.table[1][4] == "–"


def test_unknown_features_are_refused(pulse_fit):
    pytest.importorskip("efel")
    with pytest.raises(ValueError, match=r"unknown eFEL feature 'AP_amplitud': did you mean 'AP_amplitude'"):
        efel_features(pulse_fit, ["AP_amplitud"])
    with pytest.raises(ValueError, match="at least one"):
        efel_features(pulse_fit, [])
