"""An Ed25519 signature over the head of the chain: who handed this out. Off unless a key is given.

It says that the holder of a key vouches for these bytes, and nothing of whether they are true. Signed are the
two lines "remem-signature-1" and the head, each with its line break, in UTF-8. A key is made with

    openssl genpkey -algorithm ed25519 -out audit.key && openssl pkey -in audit.key -pubout -out audit.pub
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from remem import jsonfile
from remem.errors import UserError
from remem.given import chain
from remem.steps.folders import write_atomic

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SCHEMA: Final = "remem-signature-1"
PASSPHRASE = "REMEM_AUDIT_KEY_PASSPHRASE"  # the environment variable
FILE = chain.SIGNATURE
MOST_BYTES = 64 << 10  # of a key's file


@dataclass(frozen=True, kw_only=True)
class Signature:
    schema: Literal["remem-signature-1"] = SCHEMA
    algorithm: Literal["Ed25519"] = "Ed25519"
    head: str
    public_key: str  # 32 bytes, hexadecimal
    signature: str  # 64 bytes, hexadecimal


class Verified(NamedTuple):
    head: str
    signer: str | None  # their public key, in hexadecimal; None where it is not signed


def check(key_path: Path) -> None:
    """UserError where nothing could be signed with this key: before there is anything to sign."""
    _private(key_path)


def sign(folder: Path, key_path: Path) -> Path:
    """Writes chain.sig.json over a sealed folder, with the private key of a PEM file.

    UserError where the chain does not hold, the key is not there or is no Ed25519 key, or its passphrase (of
    the environment variable REMEM_AUDIT_KEY_PASSPHRASE) is missing or wrong.
    """
    key = _private(key_path)
    head = chain.verify(folder)
    made = Signature(
        head=head,
        public_key=key.public_key().public_bytes_raw().hex(),
        signature=key.sign(_message(head)).hex(),
    )
    path = folder / FILE
    write_atomic(path, json.dumps(asdict(made), indent=1) + "\n")
    return path


def verify(folder: Path, public_key: Path | None = None) -> Verified:
    """The head and the signer, once the chain holds and the signature, where there is one, is right.

    `public_key`: a PEM file; then it must be signed, and by that key. UserError that names what is wrong.
    """
    wanted = _public(public_key) if public_key else None
    head, path = chain.verify(folder), folder / FILE
    if not path.exists() and not path.is_symlink():
        if wanted:
            raise UserError(f"{folder} is not signed: it has no {FILE}. {chain.CURE}")
        return Verified(head, None)
    found = jsonfile.read(path, Signature, chain.CURE)
    if found.head != head:
        raise UserError(f"{path} signs another head than that of {chain.FILE}. {chain.CURE}")
    if wanted and wanted.public_bytes_raw().hex() != found.public_key:
        raise UserError(f"{path} was made with another key than {public_key}. Ask who handed it out.")
    _check(path, found)
    return Verified(head, found.public_key)


def _check(path: Path, found: Signature) -> None:
    _ed25519()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(found.public_key))
        key.verify(bytes.fromhex(found.signature), _message(found.head))
    except (InvalidSignature, ValueError) as error:
        raise UserError(f"{path}: the signature is not that of its public key. {chain.CURE}") from error


def _message(head: str) -> bytes:
    return f"{SCHEMA}\n{head}\n".encode()


def _ed25519() -> Any:
    """The module that reads keys; UserError where the package is not installed."""
    try:
        from cryptography.hazmat.primitives import serialization
    except ImportError as error:
        raise UserError('signatures need the package cryptography: pip install "remem[sign]"') from error
    return serialization


def _private(path: Path) -> Ed25519PrivateKey:
    reader = _ed25519()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    passphrase = os.environ.get(PASSPHRASE)
    text = _bytes(path)
    try:
        locked = b"ENCRYPTED" in text
        key = reader.load_pem_private_key(text, passphrase.encode() if passphrase and locked else None)
    except TypeError as error:
        raise UserError(f"{path} has a passphrase: put it into the variable {PASSPHRASE}.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        wrong = f", or {PASSPHRASE} is not its passphrase" if b"ENCRYPTED" in text else ""
        raise UserError(f"{path} is no private key in PEM form{wrong}. {_HOW}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UserError(f"{path} is no Ed25519 key. {_HOW}")
    return key


def _public(path: Path) -> Ed25519PublicKey:
    reader = _ed25519()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = reader.load_pem_public_key(_bytes(path))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UserError(f"{path} is no public key in PEM form. {_HOW}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise UserError(f"{path} is no Ed25519 key. {_HOW}")
    return key


_HOW = "A private one is made with: openssl genpkey -algorithm ed25519 -out audit.key"


def _bytes(path: Path) -> bytes:
    jsonfile.regular(path, _HOW)
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}). {_HOW}") from error
