"""The one way in for pictures: encoded bytes or a file become what a viewer shows, or one error.

Read are PNG, JPEG, WebP, GIF, BMP and TIFF, the first frame of those that move. Others are refused: some
(EPS) would start another program. A camera's orientation is applied, grey of 16 bits is scaled to 8, and what
is transparent lies on white. Colour profiles are not applied.
"""

import io
import stat
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from remem.errors import UserError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
PIXEL_LIMIT = 50_000_000  # per picture; more is a mistake, or an attack on memory
BYTE_LIMIT = 256 << 20  # encoded

_ORIENTATION = 0x0112  # of EXIF
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BITS, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0  # of TIFF
_CURE = "Replace it or drop the row."


def decode(found: bytes, where: str, cure: str = _CURE, most: int | None = None) -> Image.Image:
    """An encoded picture as RGB pixels, as a viewer shows it. UserError, naming `where`, when it does not
    open, is of no format of FORMATS or has more than `most` pixels (PIXEL_LIMIT)."""
    most = PIXEL_LIMIT if most is None else most
    if len(found) > BYTE_LIMIT:
        raise UserError(
            f"{where}: the picture has {len(found):,} bytes; at most {BYTE_LIMIT:,} are read. Shrink it."
        )
    try:
        with Image.open(io.BytesIO(found), formats=FORMATS) as image:
            if image.width * image.height > most:
                raise UserError(
                    f"{where}: the picture has {image.width} x {image.height} pixels; "
                    f"at most {most:,} are read. Shrink it."
                )
            image.load()
            return _upright(image, rgb(image))
    except UserError:
        raise
    except Image.DecompressionBombError as error:
        raise UserError(
            f"{where}: the picture is enormous ({_said(found, error)}); at most {most:,} pixels are "
            "read. Shrink it."
        ) from error
    # A damaged picture raises whatever its decoder stumbles over: struct.error, SyntaxError, KeyError ...
    except Exception as error:
        raise UserError(f"{where}: the picture does not open ({_said(found, error)}). {cure}") from error


def decode_file(path: Path, where: str = "", cure: str = "Replace or remove it.") -> Image.Image:
    """The picture of a file, as `decode` has it."""
    return decode(read_file(path, where), where or str(path), cure)


def read_file(path: Path, where: str = "") -> bytes:
    """The bytes of a picture's file. UserError where it is no regular file, too large or not readable."""
    place = f"{where}: {path}" if where else str(path)
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):  # a pipe would be waited for, for ever
            raise UserError(f"{place} is no file that holds a picture. Replace or remove it.")
        if about.st_size > BYTE_LIMIT:
            raise UserError(
                f"{place} has {about.st_size:,} bytes; at most {BYTE_LIMIT:,} are read. Shrink it."
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise UserError(f"{place} cannot be read ({error}). Replace or remove it.") from error


def size_of(found: bytes) -> tuple[int, int]:
    """Width and height of an encoded picture as a viewer shows it, from its head; of one that opens."""
    with Image.open(io.BytesIO(found), formats=FORMATS) as image:
        told = "exif" in image.info or image.format == "TIFF"  # asked of others, it decodes the whole picture
        turned = told and image.getexif().get(_ORIENTATION, 1) >= 5
        return (image.height, image.width) if turned else image.size


def own(path: Path, mode: str) -> Image.Image:
    """A picture that remem itself comes with, in that mode of Pillow's."""
    with Image.open(path, formats=("WEBP",)) as image:
        return image.convert(mode)


def rgb(image: Image.Image) -> Image.Image:
    """Any picture in memory as RGB; what is transparent lies on white, as viewers have it. ValueError where
    nothing says which of its numbers is white."""
    image = _eight_bits(image)
    if image.mode == "RGB" and "transparency" not in image.info:
        return image.copy()
    if not image.has_transparency_data:
        return image.convert("RGB")
    shown = image.convert("RGBA")
    page = Image.new("RGBA", shown.size, "white")
    return Image.alpha_composite(page, shown).convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of up to 16 bits in 8: Pillow would cut it off at 255. What has no white by itself is refused."""
    if image.mode in ("I", "F"):
        kind = "whole numbers of 32 bits" if image.mode == "I" else "fractions"
        raise ValueError(f"its pixels are {kind}, of which nothing says which is white: save it with 8 bits")
    if not image.mode.startswith("I;16"):
        return image
    import numpy as np

    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS, 16)
    most = 2 ** (bits[0] if isinstance(bits, tuple) else bits) - 1
    values = np.asarray(image).astype(np.uint32)
    grey = np.minimum((values * 255 + most // 2) // most, 255).astype(np.uint8)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        grey = 255 - grey
    clear = image.info.get("transparency")
    if isinstance(clear, int):  # one level of grey that stands for nothing
        grey = np.where(values == clear, np.uint8(255), grey)
    return Image.fromarray(grey)


def _upright(image: Image.Image, shown: Image.Image) -> Image.Image:
    """Turned as the camera says that it was held."""
    try:
        held = image.getexif().get(_ORIENTATION)
    except Exception:  # a broken note of the camera's turns nothing, in viewers too
        return shown
    turn = _TURNS.get(held) if isinstance(held, int) else None
    return shown if turn is None else shown.transpose(turn)


def _said(found: bytes, error: Exception) -> str:
    if not found:
        return "it has no bytes"
    if isinstance(error, UnidentifiedImageError):
        return f"it is none of {', '.join(FORMATS)}, or damaged at its beginning"
    return " ".join(str(error).split()) or type(error).__name__
