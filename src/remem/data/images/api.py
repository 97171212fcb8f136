"""Pictures from a generator behind an endpoint that speaks OpenAI's images protocol."""

import base64
import binascii
import io
import os
import time
import uuid
from collections.abc import Callable
from random import Random
from typing import Any

from PIL import Image

from remem import endpoint, jsonfile
from remem.data.images import prompts
from remem.data.images.reference import Reference
from remem.data.images.source import Picture
from remem.data.opening import decode
from remem.data.people import Person
from remem.errors import UserError
from remem.seeds import derive

URL, KEY = "REMEM_IMAGE_URL", "REMEM_IMAGE_KEY"
TIMEOUT_S = 300
MOST_BYTES = 64 << 20  # of an answer: a picture of 4,096 pixels takes less
MOST_PIXELS = 4096 * 4096  # 16 times what is asked for


class Api:
    """Edits of one reference portrait, by POST to `images/edits`. Only looks and scenes are sent, no names.

    Environment: REMEM_IMAGE_URL (such as http://localhost:8000/v1), REMEM_IMAGE_KEY, REMEM_IMAGE_MODEL. The
    reference is a rendered portrait, or a drawn one where numba is missing. A generator need
    not repeat itself: only the prompts and the seeds are the same from build to build.
    """

    name = "api"
    slow = True
    costly = True  # every picture is worth keeping

    def __init__(self, wait: Callable[[float], None] = time.sleep) -> None:
        self._url, self._key = os.environ.get(URL, "").strip(), os.environ.get(KEY, "").strip()
        self._model = os.environ.get("REMEM_IMAGE_MODEL", "gpt-image-1")
        self._wait = wait
        if not self._url or not self._key:
            raise UserError(
                "source=api needs an endpoint and its key: set REMEM_IMAGE_URL (such as "
                "http://localhost:8000/v1) and REMEM_IMAGE_KEY in the environment."
            )
        endpoint.check(self._url, self._key, (URL, KEY))
        self._reference = Reference(512)

    def view(self, person: Person, number: int, seed: int, size: int) -> Picture:
        """View `number` of the person. UserError when the endpoint refuses or keeps failing."""
        rng = Random(f"{seed}/api/{person.id}/{number}")
        return self._edit(
            person, prompts.view(person, rng), seed, derive(seed, "api", person.id, number), size
        )

    def scene(self, person: Person, event: str, number: int, seed: int, size: int) -> Picture:
        """Picture `number` of the person in an event."""
        rng = Random(f"{seed}/api/{person.id}/{event}/{number}")
        prompt = prompts.scene(person, event, rng)
        return self._edit(person, prompt, seed, derive(seed, "api", person.id, event, number), size)

    def _edit(self, person: Person, prompt: str, seed: int, own: int, size: int) -> Picture:
        fields = {
            "model": self._model,
            "prompt": prompt,
            "n": "1",
            "size": "1024x1024",
            "response_format": "b64_json",
            "seed": str(own % 2**31),
        }
        answer, where = self._post(fields, _png(self._reference.of(person, seed))), endpoint.shown(self._url)
        try:
            told = jsonfile.parse(answer, dict[str, Any], "the answer", "")
            found = base64.b64decode(told["data"][0]["b64_json"], validate=True)
        except (KeyError, IndexError, TypeError, ValueError, binascii.Error, UserError) as error:
            said = str(error)[:200].rstrip(". ")
            why = said if isinstance(error, UserError) else "it holds no data[0].b64_json in base64"
            raise UserError(
                f"{where} answered with something that is no picture: {why}. Is it an endpoint of OpenAI's "
                "images protocol? Mend it, or choose another source."
            ) from error
        shown = decode(found, f"{where}, whose answer is no picture", "Ask another model.", MOST_PIXELS)
        least, most = sorted(shown.size)
        if least < size or most > 2 * least:
            raise UserError(
                f"{where} answered with a picture of {shown.width} x {shown.height} pixels. A square of 1024 "
                f"was asked for; at least {size} a side are needed, and no side more than twice the other. "
                "Ask another model."
            )
        picture = shown.resize((size, size), Image.Resampling.LANCZOS)
        return Picture(
            image=picture, provenance={"source": self.name, "model": self._model, "prompt": prompt}
        )

    def _post(self, fields: dict[str, str], reference: bytes) -> bytes:
        """The endpoint's answer; busy and failing endpoints are asked again, more and more patiently."""
        boundary = uuid.uuid4().hex
        lines = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="person.png"\r\n'
        lines += [
            head.encode(),
            b"Content-Type: image/png\r\n\r\n",
            reference,
            f"\r\n--{boundary}--\r\n".encode(),
        ]
        return endpoint.post(
            f"{self._url.rstrip('/')}/images/edits",
            b"".join(lines),
            {
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Authorization": f"Bearer {self._key}",
            },
            most=MOST_BYTES,
            patience=endpoint.Patience(TIMEOUT_S, wait=self._wait),
            kept="Finished pictures are kept.",
        )


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
