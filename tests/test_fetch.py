"""Weights with an address: fetched once, verified before they are opened, shared by processes. No network."""

import hashlib
import http.server
import os
import subprocess
import sys
import threading

import pytest
from helpers import equal, state, tiny

import kerasgen as kg
from kerasgen import fetch, registry, weights
from kerasgen.errors import CorruptWeightsError, MissingWeightsError

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = bytes(range(256)) * 400
PLAIN = {
    "command": "",
    "data": "",
    "machine": "",
    "date": "",
    "parameters": {},
    "versions": {},
    "manifest": [],
}
PLAIN |= dict.fromkeys(("seed", "epochs", "steps", "minutes"), 0)


def record(url, data=DATA, **fields):
    digest = hashlib.sha256(data).hexdigest()
    return kg.Record(
        **PLAIN | {"name": "dcgan_mnist", "sha256": digest, "size": len(data), "url": url} | fields
    )


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers "/whole", "/half" (closed midway) and "/damaged"; counts requests."""

    data, requests = DATA, 0

    def do_GET(self):
        type(self).requests += 1
        if self.path not in ("/whole", "/half", "/damaged"):
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.data)))
        self.end_headers()
        body = self.data if self.path == "/whole" else self.data[: len(self.data) // 2]
        self.wfile.write(body + bytes(len(self.data) - len(body)) * (self.path == "/damaged"))

    def log_message(self, *words):
        pass


@pytest.fixture
def server():
    """(address, handler) of a server on this machine."""
    handler = type("Counting", (Handler,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", handler
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    return tmp_path / "cache"


def test_a_file_is_fetched_once(server, cache):
    address, handler = server
    one = record(f"{address}/whole")
    for _ in range(2):
        path = fetch.weights(one)
        assert path == str(cache / one.file_name)
        assert weights.verify(path, one) == DATA
    assert handler.requests == 1 and os.listdir(cache) == [one.file_name]
    assert os.stat(path).st_mode & 0o444 == 0o444  # a cache may be shared


def test_file_addresses(tmp_path, cache):
    source = tmp_path / "a folder" / "weights"
    source.parent.mkdir()
    source.write_bytes(DATA)
    assert weights.verify(fetch.weights(record(source.as_uri())), record(source.as_uri())) == DATA
    source.write_bytes(DATA[:-1] + b"?")
    other = record(source.as_uri(), DATA + b"1")
    with pytest.raises(CorruptWeightsError, match=r"`weights` of dcgan_mnist are damaged.*sha256"):
        fetch.weights(other)
    source.unlink()
    with pytest.raises(MissingWeightsError, match=r"`weights` of dcgan_mnist cannot be fetched"):
        fetch.weights(other)


def test_a_damaged_copy_in_the_cache_is_fetched_again(server, cache):
    address, handler = server
    one = record(f"{address}/whole")
    cache.mkdir()
    (cache / one.file_name).write_bytes(DATA[:-1])
    assert weights.verify(fetch.weights(one), one) == DATA and handler.requests == 1


ARRIVALS = {"half": MissingWeightsError, "damaged": CorruptWeightsError, "none": MissingWeightsError}


@pytest.mark.parametrize("place, error", ARRIVALS.items())
def test_what_does_not_arrive_whole_is_refused_and_leaves_nothing(server, cache, place, error):
    address, _ = server
    with pytest.raises(error, match=f"`weights` of dcgan_mnist .*{address}/{place}"):
        fetch.weights(record(f"{address}/{place}"))
    assert not os.listdir(cache)
    fetch.weights(record(f"{address}/whole"))


def test_offline_says_what_to_do(server, cache):
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as closed:
        url = f"http://127.0.0.1:{closed.server_port}/whole"
    one = record(url)
    with pytest.raises(MissingWeightsError) as caught:
        fetch.weights(one)
    for words in ("dcgan_mnist", url, str(cache / one.file_name), "KERASGEN_CACHE"):
        assert words in str(caught.value)
    (cache / one.file_name).write_bytes(DATA)  # what the message says
    assert fetch.weights(one) == str(cache / one.file_name)


def test_a_cache_that_cannot_be_written_is_named(server, cache):
    address, _ = server
    cache.write_bytes(b"")
    with pytest.raises(MissingWeightsError, match="KERASGEN_CACHE"):
        fetch.weights(record(f"{address}/whole"))


def test_two_processes_at_once(server, cache):
    address, _ = server
    one = record(f"{address}/whole")
    one.write(cache.parent / "record.json")
    code = "from kerasgen import fetch, record; print(fetch.weights(record.Record.read('record.json')))"
    words = [sys.executable, "-c", code]
    options = {"stdout": subprocess.PIPE, "text": True, "cwd": cache.parent}
    options["env"] = os.environ | {"PYTHONPATH": ROOT}
    both = [subprocess.Popen(words, **options) for _ in range(2)]
    assert {process.communicate()[0].strip() for process in both} == {str(cache / one.file_name)}
    assert os.listdir(cache) == [one.file_name]
    assert weights.verify(cache / one.file_name, one) == DATA


def test_no_bar_unless_a_person_is_watching(server, capfd):
    address, _ = server
    fetch.weights(record(f"{address}/whole"))
    assert "%" not in capfd.readouterr().err


@pytest.mark.parametrize("url", ["ftp://a/b", "a/b", "https://", "", 3, ["https://a/b"]])
def test_addresses_of_other_kinds_are_refused(url):
    with pytest.raises((TypeError, ValueError), match="`url`"):
        record(url)


def test_load_fetches_what_is_not_shipped(server, tmp_path, monkeypatch):
    address, handler = server
    model = tiny("dcgan_mnist")
    fields = weights.save(model, tmp_path / "weights.safetensors")
    handler.data = (tmp_path / "weights.safetensors").read_bytes()
    (tmp_path / "zoo" / "weights").mkdir(parents=True)
    record(f"{address}/whole", **fields).write(tmp_path / "zoo" / "weights" / "dcgan_mnist.json")
    monkeypatch.setattr(registry, "root", lambda: str(tmp_path / "zoo"))
    arguments = registry.get_recipe("dcgan_mnist").tiny
    first, second = (kg.load("dcgan_mnist", **arguments) for _ in range(2))
    weights.load(model, tmp_path / "weights.safetensors", registry.get_record("dcgan_mnist"))
    assert equal(state(model), state(first)) and equal(state(first), state(second)) and handler.requests == 1
