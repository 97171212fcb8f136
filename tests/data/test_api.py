"""The api source against a real server that speaks the protocol."""

import base64
import io
import json
import threading
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from remem.data import BuildSettings, build, drawing, images, invent
from remem.data.images.api import Api
from remem.errors import UserError

PERSON = invent(1, 0)[0]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts = BytesParser().parsebytes(head + body).get_payload()
        fields = {
            part.get_param("name", header="Content-Disposition"): part.get_payload(decode=True)
            for part in parts
        }
        self.server.asked.append((self.path, self.headers["Authorization"], fields))
        status, answer = self.server.answers.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def _picture(colour=(10, 200, 30), size=(64, 64)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return json.dumps({"data": [{"b64_json": base64.b64encode(out.getvalue()).decode()}]}).encode()


@pytest.fixture
def server(monkeypatch):
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made.asked, made.answers = [], []
    threading.Thread(target=made.serve_forever, daemon=True).start()
    monkeypatch.setenv("REMEM_IMAGE_URL", f"http://127.0.0.1:{made.server_port}/v1")
    monkeypatch.setenv("REMEM_IMAGE_KEY", "secret")
    monkeypatch.setenv("REMEM_IMAGE_MODEL", "tiny")
    # A drawn reference: this test is of the protocol.
    monkeypatch.setattr("remem.data.images.rendered.find_spec", lambda name: None)
    drawing._source.cache_clear()
    yield made
    drawing._source.cache_clear()
    made.shutdown()
    made.server_close()


def test_a_view_is_an_edit_of_a_reference_and_holds_no_name(server):
    server.answers = [(200, _picture())]
    picture = images.source("api").view(PERSON, 0, 0, 24)
    assert picture.image.size == (24, 24)
    assert picture.image.getpixel((12, 12)) == (10, 200, 30)
    path, key, fields = server.asked[0]
    assert (path, key, fields["model"]) == ("/v1/images/edits", "Bearer secret", b"tiny")
    assert Image.open(io.BytesIO(fields["image"])).size == (512, 512)
    prompt = fields["prompt"].decode()
    assert PERSON.appearance["hair_colour"] in prompt
    assert not [word for word in PERSON.name.split() if word in prompt]
    assert picture.provenance["prompt"] == prompt


def test_an_event_is_described(server):
    server.answers = [(200, _picture())]
    images.source("api").scene(PERSON, "zoo visit", 0, 0, 24)
    assert "elephant" in server.asked[0][2]["prompt"].decode()


def test_a_busy_endpoint_is_asked_again_with_patience(server):
    server.answers = [(429, b"slow down"), (503, b"busy"), (200, _picture())]
    waited = []
    Api(wait=waited.append).view(PERSON, 0, 0, 8)
    assert waited == [2.0, 4.0]
    assert len(server.asked) == 3
    assert len({fields["seed"] for _, _, fields in server.asked}) == 1


def test_an_endpoint_that_keeps_failing_is_given_up(server):
    server.answers = [(500, b"down")] * 5
    with pytest.raises(
        UserError, match=r"failed 5 times, lastly with: HTTP 500: down\. Finished pictures are kept"
    ):
        Api(wait=lambda seconds: None).view(PERSON, 0, 0, 8)


def test_a_refusal_is_not_repeated(server):
    server.answers = [(401, b"bad key")]
    with pytest.raises(UserError, match="refused"):
        Api(wait=lambda seconds: None).view(PERSON, 0, 0, 8)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer", [b"{}", b"not json", json.dumps({"data": [{"b64_json": "AAAA"}]}).encode()]
)
def test_an_answer_that_is_no_picture(server, answer):
    server.answers = [(200, answer)]
    with pytest.raises(UserError, match="no picture") as problem:
        Api(wait=lambda seconds: None).view(PERSON, 0, 0, 8)
    assert "Error(" not in str(problem.value)


@pytest.mark.parametrize("size", [(1, 1), (7, 8), (8, 17), (1, 4000)])
def test_a_picture_that_would_be_blown_up_or_squeezed_is_refused(server, size):
    server.answers = [(200, _picture(size=size)), (200, _picture(size=(8, 16)))]
    with pytest.raises(UserError, match=rf"a picture of {size[0]} x {size[1]} pixels"):
        Api(wait=lambda seconds: None).view(PERSON, 0, 0, 8)
    assert Api(wait=lambda seconds: None).view(PERSON, 0, 0, 8).image.size == (8, 8)


def test_nobody_listens(server, monkeypatch):
    monkeypatch.setenv("REMEM_IMAGE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(UserError, match="failed 5 times"):
        Api(wait=lambda seconds: None).view(PERSON, 0, 0, 8)


def test_finished_pictures_are_kept_when_the_endpoint_fails(server, tmp_path):
    settings = BuildSettings(
        source="api", people=2, qa=6, images=3, test_qa=6, test_images=1, size=16, one_hop=0, strangers=0
    )
    server.answers = [(200, _picture((n * 20, 0, 0))) for n in range(4)] + [(401, b"no credit")]
    with pytest.raises(UserError, match="no credit"):
        build(tmp_path / "set.part", settings)
    kept = list((tmp_path / "set.pictures").glob("*.zip"))
    assert len(kept) == 4
    kept[0].write_bytes(b"half a file")  # as after a power cut
    server.asked.clear()
    server.answers = [(200, _picture())] * 5
    build(tmp_path / "set.part", settings)
    assert len(server.asked) == 5  # of 8 pictures, three were there
    assert not (tmp_path / "set.pictures").exists()


def test_no_key(monkeypatch):
    monkeypatch.delenv("REMEM_IMAGE_KEY", raising=False)
    with pytest.raises(UserError, match="REMEM_IMAGE_KEY"):
        images.source("api")
