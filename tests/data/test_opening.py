"""The one way in for pictures: what a viewer shows, or one error."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps, TiffImagePlugin

import remem
from remem.data.images.folder import Folder
from remem.data.opening import decode, decode_file
from remem.errors import UserError


def encoded(image: Image.Image, kind: str = "PNG", **how) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def shown(found: bytes) -> np.ndarray:
    return np.asarray(decode(found, "here")).astype(int)


WHITE_ABOVE = Image.fromarray(np.repeat(np.array([255, 0], np.uint8), 8)[:, None].repeat(16, 1)).convert(
    "RGB"
)


def test_a_picture_from_a_camera_held_sideways_stands_upright(tmp_path):
    held = Image.Exif()
    held[0x0112] = 6
    found = encoded(WHITE_ABOVE.rotate(90, expand=True), "JPEG", exif=held, quality=95)
    assert shown(found)[:7].min() > 240
    assert shown(found)[9:].max() < 15
    (tmp_path / "jane").mkdir()
    (tmp_path / "jane" / "1.jpg").write_bytes(found)
    square = np.asarray(Folder(tmp_path)._read(tmp_path / "jane" / "1.jpg", 16).image).astype(int)
    assert square[:7].min() > 240
    assert square[9:].max() < 15


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_are_as_pillow_turns_them(kind, orientation):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    held = Image.Exif()
    held[0x0112] = orientation
    found = encoded(Image.fromarray(pixels), kind, exif=held)
    turned = ImageOps.exif_transpose(Image.open(io.BytesIO(found))).convert("RGB")
    assert np.array_equal(shown(found), np.asarray(turned))
    assert shown(found).shape[:2] == ((5, 7) if orientation < 5 else (7, 5))


def test_a_broken_note_of_the_camera_turns_nothing():
    found = encoded(WHITE_ABOVE, "JPEG", exif=b"Exif\0\0not a TIFF header", quality=95)
    assert shown(found)[:7].min() > 240


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_of_sixteen_bits_keeps_its_levels(kind):
    grey = (np.arange(64, dtype=np.uint16) * 1040).reshape(8, 8)
    found = shown(encoded(Image.fromarray(grey), kind))[..., 0].ravel()
    assert found[0] == 0
    assert found[63] == 255  # 65,520 of 65,535
    assert len(set(found)) == 64


def test_grey_of_twelve_bits_ends_at_4095():
    # Twelve bits a pixel, packed: 0x000, 0xfff.
    head = b"II*\0\x08\0\0\0"
    tags = {256: 2, 257: 1, 258: 12, 259: 1, 262: 1, 273: 8 + 2 + 9 * 12 + 4, 277: 1, 278: 1, 279: 3}
    ifd = len(tags).to_bytes(2, "little")
    for tag, number in tags.items():
        parts = (tag.to_bytes(2, "little"), b"\4\0", (1).to_bytes(4, "little"), number.to_bytes(4, "little"))
        ifd += b"".join(parts)
    found = head + ifd + b"\0\0\0\0" + b"\x00\x0f\xff"
    assert shown(found)[0, :, 0].tolist() == [0, 255]


def test_white_is_zero_in_some_files():
    told = TiffImagePlugin.ImageFileDirectory_v2()
    told[262] = 0
    grey = np.array([[0, 65535]], np.uint16)
    assert shown(encoded(Image.fromarray(grey), "TIFF", tiffinfo=told))[0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize("mode", ["F", "I"])
def test_numbers_without_a_white_are_refused(mode):
    with pytest.raises(UserError, match=r"test row 3: .* nothing says which is white: save it with 8 bits"):
        decode(encoded(Image.new(mode, (3, 3)), "TIFF"), "test row 3")


def _palette() -> Image.Image:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([0] * 768)
    image.putpixel((1, 0), 3)
    return image


CLEAR = {  # left black, right clear
    "RGBA": encoded(Image.fromarray(np.array([[[0, 0, 0, 255], [0, 0, 0, 0]]], np.uint8))),
    "LA": encoded(
        Image.merge("LA", [Image.new("L", (2, 1)), Image.fromarray(np.array([[255, 0]], np.uint8))])
    ),
    "palette, one entry": encoded(_palette(), transparency=3),
    "palette, alpha of each": encoded(_palette(), transparency=bytes([255, 255, 255, 0])),
    "grey": encoded(Image.fromarray(np.array([[0, 9]], np.uint8)), transparency=9),
    "grey of 16 bits": encoded(Image.fromarray(np.array([[0, 900]], np.uint16)), transparency=900),
    "colour": encoded(Image.fromarray(np.array([[[0, 0, 0], [9, 8, 7]]], np.uint8)), transparency=(9, 8, 7)),
    "WebP": encoded(
        Image.fromarray(np.array([[[0, 0, 0, 255], [0, 0, 0, 0]]], np.uint8)),
        "WEBP",
        lossless=True,
        exact=True,
    ),
    "GIF": encoded(Image.fromarray(np.array([[[0, 0, 0, 255], [0, 0, 0, 0]]], np.uint8)), "GIF"),
}


@pytest.mark.parametrize("kind", CLEAR)
def test_what_is_transparent_lies_on_white(kind):
    assert shown(CLEAR[kind])[0].tolist() == [[0, 0, 0], [255, 255, 255]]


def test_half_transparent_is_half_white():
    half = np.full((1, 1, 4), [0, 0, 0, 128], np.uint8)
    assert shown(encoded(Image.fromarray(half)))[0, 0].tolist() == [127, 127, 127]


def test_print_colours_and_one_bit():
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    for kind in ("JPEG", "TIFF"):
        assert shown(encoded(red, kind))[8, 8].tolist() == [255, 0, 0]
    assert shown(encoded(Image.new("1", (2, 2), 1))).min() == 255


def test_of_pictures_that_move_the_first_is_shown():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "WEBP", "TIFF"):
        found = shown(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
        assert found[0, 0, 0] > 240 > 15 > found[0, 0, 2]


OTHERS = {
    "EPS": encoded(Image.new("RGB", (8, 8)), "EPS"),
    "PPM": encoded(Image.new("RGB", (8, 8)), "PPM"),
    "PDF": b"%PDF-1.4\n",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>',
    "JPEG 2000": b"\x00\x00\x00\x0cjP  \r\n\x87\n",
    "a text": b"version https://git-lfs.github.com/spec/v1\n",
    "nothing": b"",
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_formats_are_refused_and_start_no_program(kind, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a program was started"))
    with pytest.raises(UserError, match=r"test row 3: the picture does not open \((it is none of|it has no)"):
        decode(OTHERS[kind], "test row 3")


@pytest.mark.filterwarnings("ignore")
def test_whatever_a_damaged_picture_raises_is_one_error():
    """Pillow raises SyntaxError, struct.error, KeyError, IndexError ... all the same to the reader."""
    rng = np.random.default_rng(0)
    whole = Image.fromarray(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8))
    refused = 0
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"):
        content = encoded(whole, kind)
        for _ in range(60):
            found = bytearray(content[: rng.integers(1, len(content) + 1)])
            found[rng.integers(len(found))] = rng.integers(256)
            try:
                decode(bytes(found), "here")
            except UserError:
                refused += 1
    assert refused > 100


def test_limits(monkeypatch, tmp_path):
    found = encoded(Image.new("RGB", (20, 10)))
    monkeypatch.setattr("remem.data.opening.PIXEL_LIMIT", 199)
    with pytest.raises(UserError, match="20 x 10 pixels; at most 199"):
        decode(found, "here")
    monkeypatch.setattr("remem.data.opening.BYTE_LIMIT", 10)
    with pytest.raises(UserError, match=r"here: the picture has .* bytes; at most 10"):
        decode(found, "here")
    (tmp_path / "0.png").write_bytes(found)
    with pytest.raises(UserError, match=r"0\.png has .* bytes; at most 10"):
        decode_file(tmp_path / "0.png")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "0.png")
    with pytest.raises(UserError, match=r"0\.png is no file"):
        decode_file(tmp_path / "0.png")


def test_two_spellings_of_one_person_are_two_folders_of_one_name(tmp_path):
    for name in ("jos\u00e9_doe", "jose\u0301_doe"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.png").write_bytes(encoded(Image.new("RGB", (4, 4))))
    with pytest.raises(UserError, match="two folders for jos\u00e9 doe"):
        Folder(tmp_path)


def test_pictures_are_opened_in_one_place():
    source = Path(remem.__file__).parent
    found = [path.name for path in source.rglob("*.py") if "Image.open(" in path.read_text("utf-8")]
    assert found == ["opening.py"]
