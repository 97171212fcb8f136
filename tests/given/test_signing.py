"""A signature is that of its key over this head, or is named as not being so."""

import json
import subprocess
import sys

import pytest

from given.invented import full
from remem.errors import UserError
from remem.given import chain, schema, signing

pytest.importorskip("cryptography")

from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "audit"
    found.mkdir()
    schema.write(full(), found)
    (found / chain.PAGE).write_text("<p>A page</p>", "utf-8")
    chain.seal(found)
    return found


def keys(tmp_path, name, passphrase=None, key=None):
    key = key or Ed25519PrivateKey.generate()
    lock = form.BestAvailableEncryption(passphrase) if passphrase else form.NoEncryption()
    private, public = tmp_path / f"{name}.key", tmp_path / f"{name}.pub"
    private.write_bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, lock))
    public.write_bytes(
        key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


def test_what_is_signed_holds_and_has_its_signer(folder, tmp_path):
    private, public = keys(tmp_path, "ours")
    head = chain.verify(folder)
    assert signing.verify(folder) == (head, None)
    record = json.loads(signing.sign(folder, private).read_text("utf-8"))
    assert signing.verify(folder) == signing.verify(folder, public) == (head, record["public_key"])


def test_a_passphrase_comes_from_the_environment(folder, tmp_path, monkeypatch):
    private, public = keys(tmp_path, "locked", b"over the hills")
    monkeypatch.delenv(signing.PASSPHRASE, raising=False)
    with pytest.raises(UserError, match=signing.PASSPHRASE):
        signing.sign(folder, private)
    monkeypatch.setenv(signing.PASSPHRASE, "wrong")
    with pytest.raises(UserError, match="not its passphrase"):
        signing.sign(folder, private)
    monkeypatch.setenv(signing.PASSPHRASE, "over the hills")
    signing.sign(folder, private)
    assert signing.verify(folder, public).signer
    signing.sign(folder, keys(tmp_path, "open")[0])  # a key without one does not mind it


def test_another_signer_is_named(folder, tmp_path):
    (private, public), (_, other) = keys(tmp_path, "ours"), keys(tmp_path, "theirs")
    with pytest.raises(UserError, match="is not signed"):
        signing.verify(folder, public)
    signing.sign(folder, private)
    with pytest.raises(UserError, match="another key than"):
        signing.verify(folder, other)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda v, _: v.update(signature="0" * 128), "the signature is not"),
        (lambda v, _: v.update(signature=v["signature"][:-2]), "the signature is not"),
        (lambda v, _: v.update(signature="no hex"), "the signature is not"),
        (lambda v, other: v.update(public_key=other), "the signature is not"),
        (lambda v, _: v.update(public_key="ab"), "the signature is not"),
        (lambda v, _: v.update(head="0" * 64), "signs another head"),
        (lambda v, _: v.update(algorithm="none"), "algorithm"),
        (lambda v, _: v.pop("signature"), "signature is missing"),
    ],
)
def test_a_changed_signature_is_named(folder, tmp_path, change, named):
    path = signing.sign(folder, keys(tmp_path, "ours")[0])
    value = json.loads(path.read_text("utf-8"))
    change(value, Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex())
    path.write_text(json.dumps(value), "utf-8")
    with pytest.raises(UserError, match=named):
        signing.verify(folder)


def test_a_signature_of_an_earlier_state_is_refused(folder, tmp_path):
    signing.sign(folder, keys(tmp_path, "ours")[0])
    (folder / chain.PAGE).write_text("<p>Another page</p>", "utf-8")
    with pytest.raises(UserError, match=r"index\.html"):
        signing.verify(folder)
    chain.seal(folder)
    with pytest.raises(UserError, match="signs another head"):
        signing.verify(folder)


def test_what_is_no_key_is_named(folder, tmp_path):
    other = keys(tmp_path, "rsa", key=rsa.generate_private_key(public_exponent=65537, key_size=1024))
    (tmp_path / "text").write_text("no key")
    for private in (tmp_path / "text", tmp_path / "absent", tmp_path, other[0], other[1]):
        with pytest.raises(UserError, match="openssl genpkey"):
            signing.sign(folder, private)
    for public in (tmp_path / "text", tmp_path / "absent", other[1], other[0]):
        with pytest.raises(UserError, match="openssl genpkey"):
            signing.verify(folder, public)


def test_without_the_package_it_says_what_to_install(folder, tmp_path):
    """In a process of its own, in which the package cannot be imported; the rest works."""
    private, _ = keys(tmp_path, "ours")
    script = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from pathlib import Path; from remem.given import signing; from remem.errors import UserError\n"
        f"print(signing.verify(Path({str(folder)!r})).signer)\n"
        f"try: signing.sign(Path({str(folder)!r}), Path({str(private)!r}))\n"
        "except UserError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[0] == "None"
    assert 'pip install "remem[sign]"' in done.stdout
