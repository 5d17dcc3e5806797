"""The server of a page: who gets in, the page in a browser, a fit that is started and stopped, the stepped cell."""

import http.client
import http.server
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import membrax as mx
from membrax.viewer.serve.fit_job import FitJob
from membrax.viewer.serve.fit_panel import stepping
from membrax.viewer.serve.stepped import around, stepped

pytest.importorskip("bokeh")

CELL = mx.recordings.example("cortical")
NAME = "{{ 7 * 7 }} <b>cell"
UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip
CLICK = """
const deep = root => [...root.querySelectorAll('*')].flatMap(e => [e, ...(e.shadowRoot ? deep(e.shadowRoot) : [])]);
deep(document).find(e => e.tagName == 'BUTTON' && e.textContent.includes(arguments[0])).click();
"""
STATE = "return [...Bokeh.documents[0].all_models].filter(m => m.type == 'PreText').map(m => m.text)[0]"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(port, token, folder) of a server in a process of its own."""
    folder = tmp_path_factory.mktemp("served")
    file = CELL.save(folder / f"{NAME}.npz")
    command = [sys.executable, "-m", "membrax", "view", str(file), "--serve", "--no-browser", "--out", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        line = process.stdout.readline()
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]{40,})\n", line)
        assert found, line
        yield int(found[1]), found[2], folder
        process.terminate()
        assert process.wait(30) == 143  # as `cli.ending` says of SIGTERM


def answer(port, path="/", method="GET", host=None, **headers):
    """Status, headers and text of a raw request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{port}")
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    text = response.read().decode() if response.status != 101 else ""
    connection.close()
    return response.status, response.headers, text


REFUSED = {
    "no token": {},
    "a wrong token": {"path": "/?token=x"},
    "an empty token": {"path": "/?token="},
    "a script without a token": {"path": "/static/js/bokeh.min.js"},
    "the websocket without a token": {"path": "/ws", **{k.replace("-", "_"): v for k, v in UPGRADE.items()}},
    "a wrong cookie": {"Cookie": "membrax_{port}=x"},
    "another host": {"path": "/?token={token}", "host": "evil.example:{port}"},
    "a name of this host": {"path": "/?token={token}", "host": "localhost:{port}"},
    "another port": {"path": "/?token={token}", "host": "127.0.0.1:1"},
    "another origin": {"path": "/?token={token}", "Origin": "http://evil.example"},
    "an origin of another port": {"path": "/?token={token}", "Origin": "http://127.0.0.1:1"},
    "an origin that is none": {"path": "/?token={token}", "Origin": "null"},
    "the websocket from another origin": {
        "path": "/ws", "Cookie": "membrax_{port}={token}", "Origin": "http://evil.example",
        **{k.replace("-", "_"): v for k, v in UPGRADE.items()},
    },
    "another method": {"method": "POST"},
}  # fmt: skip


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED)
def test_others_are_refused(request_, served):
    port, token, _ = served
    filled = {name: value.replace("{port}", str(port)).replace("{token}", token) for name, value in request_.items()}
    status, headers, text = answer(port, **filled)
    assert status == 403 and text.startswith("refused: ")
    assert token not in text and "Set-Cookie" not in headers


def test_the_token_becomes_a_cookie_that_opens_the_page(served):
    port, token, _ = served
    status, headers, text = answer(port, f"/?token={token}", Origin=f"http://127.0.0.1:{port}")
    cookie = headers["Set-Cookie"]
    assert status == 200 and "HttpOnly" in cookie and "SameSite=Strict" in cookie
    status, _, text = answer(port, Cookie=cookie.partition(";")[0])
    assert status == 200 and "input resistance R" in text and token not in text
    assert "<h1>{{ 7 * 7 }} &lt;b&gt;cell</h1>" in text  # text of a file is no template


def test_only_the_loopback_address_is_bound(served):
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", served[0]), timeout=2):
        pass


def test_the_page_works_and_a_fit_is_stopped_at_once(served, browser):
    from selenium.webdriver.support.ui import WebDriverWait

    port, token, folder = served
    browser.get_log("browser")
    browser.get(f"http://127.0.0.1:{port}/?token={token}")
    ready = "return window.Bokeh !== undefined && Bokeh.documents.length > 0 && Bokeh.documents.every(d => d.is_idle)"
    WebDriverWait(browser, 60).until(lambda it: it.execute_script(ready))
    assert browser.execute_script(STATE) == "no fit yet"
    browser.execute_script(CLICK, "start the fit")
    WebDriverWait(browser, 60).until(lambda it: it.execute_script(STATE).startswith("running"))
    browser.execute_script(CLICK, "stop the fit")
    began = time.monotonic()
    WebDriverWait(browser, 60).until(lambda it: it.execute_script(STATE) == "stopped")
    assert time.monotonic() - began < 20.0  # of a machine that is busy; a fit takes minutes
    assert not (folder / "fit" / "fit.json").exists()
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_a_page_of_another_origin_gets_nothing(served, browser, tmp_path):
    port, token, _ = served
    browser.get(f"http://127.0.0.1:{port}/?token={token}")  # the browser has the cookie now
    (tmp_path / "index.html").write_text("<title>another</title>")
    handler = lambda *given: http.server.SimpleHTTPRequestHandler(*given, directory=tmp_path)  # noqa: E731
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        browser.get(f"http://127.0.0.1:{other.server_port}/index.html")
        script = """
const done = arguments[arguments.length - 1], found = [];
const socket = new WebSocket(`ws://127.0.0.1:${arguments[0]}/ws`, ['bokeh', 'x']);
const ended = what => { found.push(what); if (found.length == 2) done(found.sort()); };
socket.onopen = () => ended('socket open'); socket.onerror = () => ended('socket refused');
const page = fetch(`http://127.0.0.1:${arguments[0]}/`, {credentials: 'include'});
page.then(() => ended('fetched'), () => ended('not fetched'));
"""
        assert browser.execute_async_script(script, port) == ["not fetched", "socket refused"]
        other.shutdown()


def test_several_files_are_not_served(tmp_path):
    from typer.testing import CliRunner

    from membrax.cli.main import app

    done = CliRunner().invoke(app, ["view", str(tmp_path), "--serve", "--out", str(tmp_path / "out")])
    assert isinstance(done.exception, ValueError) and "--serve takes one recording" in str(done.exception)


def test_a_step_of_the_cell_is_that_of_its_recorded_pulse():
    view = mx.ephys.measure(CELL)
    pulse = view.curves[0].pulses[-1]
    cell = mx.models.hodgkin_huxley()
    t, rest = stepped(cell, CELL, pulse, 0.0, 0.0)
    np.testing.assert_array_equal(t, around(CELL, pulse).t)
    assert np.ptp(rest) < 0.5
    _, moved = stepped(cell, CELL, pulse, -0.02, 0.0)
    before, during = t < pulse.start, (t >= pulse.stop - 20.0) & (t < pulse.stop)
    assert np.ptp(moved[before]) < 0.5 and moved[during].mean() < rest[during].mean() - 0.5


class Done:
    """A fit that is done, with its recording and its file."""

    def __init__(self, data, result):
        self.data, self.result = data, result


def test_the_slider_shows_the_nearest_recorded_step(tmp_path):
    cell = mx.models.hodgkin_huxley()
    file = mx.save_cell(cell, tmp_path / "fit.json")
    slider, figure, text = stepping(mx.ephys.measure(CELL), Done(CELL, file))
    assert slider.start < -100.0 and slider.end > 300.0 and slider.value == pytest.approx(300.0)
    assert (
        text.text.startswith("fitted cell at 300.0 pA: ") and "recorded at 300.0 pA (sweep 7): 15 spikes" in text.text
    )
    slider.value = 110.0  # the steps of the recording are −100, 50, 120, … pA
    slider.trigger("value_throttled", 300.0, 110.0)
    assert "recorded at 120.0 pA (sweep 2)" in text.text
    recorded = figure.renderers[0].data_source.data
    np.testing.assert_array_equal(recorded["y"], around(CELL, mx.ephys.measure(CELL).curves[0].pulses[2]).v[0])


def test_a_fit_that_fails_says_why(tmp_path):
    silent = mx.Recording(t=CELL.t, v=np.full((2, CELL.t.size), -70.0), i=0.1)
    job = FitJob(silent, tmp_path)
    assert job.text == "no fit yet" and not job.running
    job.start()
    while job.running:
        time.sleep(0.1)
    assert job.text.startswith("failed: membrax: ") and "the range of v" in job.text and job.result is None


SERVER = """
import sys, time
from pathlib import Path
import membrax as mx
from membrax.viewer.serve.fit_job import FitJob
job = FitJob(mx.recordings.example("cortical"), Path(sys.argv[1]))
job.start()
while job.text == "running: starting":
    time.sleep(0.05)
print(job._process.pid if job.running else job.text, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="the state of a process is read from /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)])
def test_a_fit_ends_with_its_killed_server(number, tmp_path):
    with subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as server:
        stat = Path(f"/proc/{int(server.stdout.readline())}/stat")
        server.send_signal(number)
        server.wait(30)
        began = time.monotonic()
        while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
            assert time.monotonic() - began < 20.0
            time.sleep(0.1)


@pytest.mark.slow
def test_a_fit_that_is_done_can_be_stepped(tmp_path):
    job = FitJob(CELL, tmp_path)
    job.start([0, 6], iterations=2)
    while job.running:
        time.sleep(0.2)
    assert job.text.startswith("done: "), job.text
    slider, _, text = stepping(mx.ephys.measure(CELL), job)
    assert slider.value == pytest.approx(300.0) and text.text.startswith("fitted cell at 300.0 pA")
