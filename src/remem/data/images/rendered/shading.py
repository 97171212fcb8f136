"""Compiled kernels that give what is seen its colour."""

import numpy as np
from numba import njit

from remem.data.images.rendered.arrays import BROW, CLOTH, EYE, GLASS, HAIR, SKIN
from remem.data.images.rendered.raster import sample

FAST = {"contract", "arcp", "afn", "nsz"}
F = np.float32


@njit(cache=True, nogil=True, fastmath=FAST)
def _hash(a, b, c):  # type: ignore[no-untyped-def]
    h = (a * 374761393 + b * 668265263 + c * 2147483647) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    return F((h ^ (h >> 16)) & 0xFFFF) * F(1 / 65535)


@njit(cache=True, nogil=True, fastmath=FAST)
def noise(x, y, z):  # type: ignore[no-untyped-def]
    """Smooth noise in [0, 1] on a unit lattice."""
    fx, fy, fz = np.floor(x), np.floor(y), np.floor(z)
    i, j, k = int(fx), int(fy), int(fz)
    x, y, z = F(x - fx), F(y - fy), F(z - fz)
    x, y, z = x * x * (F(3) - F(2) * x), y * y * (F(3) - F(2) * y), z * z * (F(3) - F(2) * z)
    total = F(0)
    for n in range(8):
        a, b, c = n & 1, (n >> 1) & 1, n >> 2
        w = (x if a else F(1) - x) * (y if b else F(1) - y) * (z if c else F(1) - z)
        total += w * _hash(i + a, j + b, k + c)
    return total


@njit(cache=True, nogil=True, fastmath=FAST)
def _lit(near, view, x, y, z):  # type: ignore[no-untyped-def]
    """Share of the first lamp that arrives, softened over about four texels of the shadow map."""
    m, size = view.matrix, near.shape[0]
    px = F(view.centre) + F(view.focal) * (m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3]) - F(0.5)
    py = F(view.centre) - F(view.focal) * (m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3]) - F(0.5)
    d = m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3] + F(0.025)
    xf, yf = np.floor(px), np.floor(py)
    fx, fy, x0, y0 = F(px - xf), F(py - yf), int(xf), int(yf)
    total = F(0)
    for j in range(-1, 3):
        wy = (F(1) - fy if j < 0 else fy if j == 2 else F(1)) / F(3)
        for i in range(-1, 3):
            xx, yy = x0 + i, y0 + j
            if xx < 0 or yy < 0 or xx >= size or yy >= size or near[yy, xx] <= d:
                total += wy * (F(1) - fx if i < 0 else fx if i == 2 else F(1)) / F(3)
    return total


@njit(cache=True, nogil=True, fastmath=FAST)
def _linear(x):  # type: ignore[no-untyped-def]
    return x * (x * (x * F(0.305306011) + F(0.682171111)) + F(0.012522878))


@njit(cache=True, nogil=True, fastmath=FAST)
def _light(kind, base, rough, gloss, n, v, t, ao, shadow, lights, out):  # type: ignore[no-untyped-def]
    """Radiance towards v of a surface with normal n (hair: direction t), into out[0:3]."""
    for c in range(3):
        a = ao
        if kind == SKIN:  # creases of skin glow red, not grey
            a = ao ** (F(0.75) if c == 0 else F(0.95))
        sky = lights.ambient[0, c]
        for k in range(3):
            sky += lights.ambient[k + 1, c] * n[k]
        out[c] = base[c] * max(F(0), sky) * a
    ndv = max(F(0.02), n[0] * v[0] + n[1] * v[1] + n[2] * v[2])
    for k in range(lights.directions.shape[0]):
        lx, ly, lz = lights.directions[k, 0], lights.directions[k, 1], lights.directions[k, 2]
        s = shadow if k == 0 else F(0.35) + F(0.65) * ao
        ndl = n[0] * lx + n[1] * ly + n[2] * lz
        hx, hy, hz = lx + v[0], ly + v[1], lz + v[2]
        h = F(1) / np.sqrt(hx * hx + hy * hy + hz * hz + F(1e-9))
        hx, hy, hz = hx * h, hy * h, hz * h
        if kind == HAIR:  # Kajiya and Kay, two highlights
            tl, th = t[0] * lx + t[1] * ly + t[2] * lz, t[0] * hx + t[1] * hy + t[2] * hz
            diffuse = np.sqrt(max(F(0), F(1) - tl * tl)) * F(0.5) + F(0.5) * max(F(0), ndl * F(0.6) + F(0.4))
            sine = np.sqrt(max(F(0), F(1) - th * th))
            narrow, broad = sine ** F(70), sine ** F(12)
            for c in range(3):
                shine = F(0.03) * narrow * ao + base[c] * F(0.35) * broad
                out[c] += lights.colours[k, c] * s * (base[c] * diffuse * F(0.8) + shine)
            continue
        for c in range(3):
            d, arrives = ndl, s
            if kind == SKIN:  # light wraps round skin, red the farthest
                wrap = F(0.34) if c == 0 else F(0.16) if c == 1 else F(0.09)
                d = (ndl + wrap) / (F(1) + wrap)
                if c == 0:
                    arrives = s ** F(0.85)
            out[c] += base[c] * lights.colours[k, c] * max(F(0), d) * arrives
        ndh = n[0] * hx + n[1] * hy + n[2] * hz
        if ndl > 0 and ndh > 0:
            a2 = rough * rough * rough * rough
            q = ndh * ndh * (a2 - F(1)) + F(1)
            kk = (rough + F(1)) * (rough + F(1)) / F(8)
            g = (ndl * (F(1) - kk) + kk) * (ndv * (F(1) - kk) + kk)
            f = gloss + (F(1) - gloss) * (F(1) - (v[0] * hx + v[1] * hy + v[2] * hz)) ** 5
            shine = a2 / (F(3.14159) * q * q) / g * f * F(0.25) * ndl * s
            if k > 0:  # these lamps throw no shadow: in folds, as between lips, they must not glitter
                shine *= ao * ao
            for c in range(3):
                out[c] += lights.colours[k, c] * shine
    if kind != HAIR and kind != CLOTH:
        rim = (F(1) - ndv) ** 5 * (F(0.04) if kind == SKIN else F(0.19)) * (F(1) - rough * F(0.6)) * ao
        for c in range(3):
            out[c] += max(F(0), lights.ambient[0, c] + lights.ambient[2, c] * F(0.4)) * (gloss + rim)


@njit(cache=True, nogil=True, fastmath=FAST)
def resolve(  # type: ignore[no-untyped-def]
    who, screen, soup, surfaces, textures, levels, eye, shadow, shadow_view, lights, size
):
    """(size, size, 4) float32, linear, premultiplied: shaded once a pixel and surface, weighted by
    samples."""
    image = np.zeros((size, size, 4), np.float32)
    colour, base, out = np.empty(4, np.float32), np.empty(3, np.float32), np.empty(3, np.float32)
    n, v, t = np.zeros(3, np.float32), np.zeros(3, np.float32), np.zeros(3, np.float32)
    at = np.zeros(3, np.float32)
    seen_part, seen_tri, seen_count = np.empty(4, np.int32), np.empty(4, np.int32), np.empty(4, np.int32)
    seen_x, seen_y = np.empty(4, np.float32), np.empty(4, np.float32)
    for y in range(size):
        for x in range(size):
            groups = 0
            for s in range(4):
                sx, sy = 2 * x + (s & 1), 2 * y + (s >> 1)
                tri = who[sy, sx]
                if tri < 0:
                    continue
                part = soup.part[tri]
                g = 0
                while g < groups and seen_part[g] != part:
                    g += 1
                if g == groups:
                    groups += 1
                    seen_part[g], seen_tri[g], seen_count[g] = part, tri, 0
                    seen_x[g], seen_y[g] = F(sx) + F(0.5), F(sy) + F(0.5)
                elif surfaces.kind[part] == HAIR and s == 3:
                    seen_tri[g], seen_x[g], seen_y[g] = tri, F(sx) + F(0.5), F(sy) + F(0.5)
                seen_count[g] += 1
            for g in range(groups):
                tri, part = seen_tri[g], seen_part[g]
                kind = surfaces.kind[part]
                i, j, k = soup.faces[tri, 0], soup.faces[tri, 1], soup.faces[tri, 2]
                ax, ay, bx, by = screen[i, 0], screen[i, 1], screen[j, 0], screen[j, 1]
                cx, cy = screen[k, 0], screen[k, 1]
                inverse = F(1) / ((by - cy) * (ax - cx) + (cx - bx) * (ay - cy))
                w0 = ((by - cy) * (seen_x[g] - cx) + (cx - bx) * (seen_y[g] - cy)) * inverse
                w1 = ((cy - ay) * (seen_x[g] - cx) + (ax - cx) * (seen_y[g] - cy)) * inverse
                w0, w1, w2 = w0 * screen[i, 2], w1 * screen[j, 2], (F(1) - w0 - w1) * screen[k, 2]
                z = F(1) / (w0 + w1 + w2)
                w0, w1, w2 = w0 * z, w1 * z, w2 * z
                for c in range(3):
                    at[c] = w0 * soup.points[i, c] + w1 * soup.points[j, c] + w2 * soup.points[k, c]
                    n[c] = w0 * soup.normals[i, c] + w1 * soup.normals[j, c] + w2 * soup.normals[k, c]
                    v[c] = eye[c] - at[c]
                ao = w0 * soup.occlusion[i] + w1 * soup.occlusion[j] + w2 * soup.occlusion[k]
                length = F(1) / np.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2] + F(1e-12))
                far = F(1) / np.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
                facing = F(0)
                for c in range(3):
                    n[c] *= length
                    v[c] *= far
                    facing += n[c] * v[c]
                if facing < 0 and surfaces.both[part] == 1:
                    for c in range(3):
                        n[c] = -n[c]
                number = surfaces.texture[part]
                for c in range(3):
                    base[c] = surfaces.tint[part, c]
                if number >= 0:
                    p, q, r = soup.faces_uv[tri, 0], soup.faces_uv[tri, 1], soup.faces_uv[tri, 2]
                    tu = w0 * soup.uv[p, 0] + w1 * soup.uv[q, 0] + w2 * soup.uv[r, 0]
                    tv = w0 * soup.uv[p, 1] + w1 * soup.uv[q, 1] + w2 * soup.uv[r, 1]
                    sample(textures, number, levels[tri], tu, tv, colour)
                    if kind in (HAIR, BROW):  # these textures tell light from dark, the tint which colour
                        grey = colour[0] * F(0.35) + colour[1] * F(0.45) + colour[2] * F(0.2)
                        grey = F(0.3) + F(1.5) * grey * grey if kind == HAIR else F(0.85)
                        for c in range(3):
                            base[c] *= grey
                    else:
                        for c in range(3):
                            base[c] *= _linear(colour[c])
                rough, gloss = surfaces.rough[part], surfaces.gloss[part]
                if kind == SKIN:  # pores
                    bump = noise(at[0] * F(54), at[1] * F(54), at[2] * F(54)) - F(0.5)
                    rough += bump * F(0.08)
                    n[0] += bump * F(0.025)
                    n[1] += (noise(at[0] * F(54) + F(17), at[1] * F(54), at[2] * F(54)) - F(0.5)) * F(0.025)
                elif kind == HAIR:
                    length = F(0)
                    for c in range(3):
                        t[c] = w0 * soup.tangents[i, c] + w1 * soup.tangents[j, c] + w2 * soup.tangents[k, c]
                    if number >= 0:
                        shift = noise(tu * F(90), tv * F(6), F(0)) - F(0.5)
                        for c in range(3):
                            t[c] += n[c] * shift * F(0.5)
                    for c in range(3):
                        length += t[c] * t[c]
                    length = F(1) / np.sqrt(length + F(1e-9))
                    for c in range(3):
                        t[c] *= length
                    gain = min(F(1.3), F(0.35) + F(0.8) * ao)  # tips of strands are brighter than roots
                    for c in range(3):
                        base[c] *= gain
                arrives = F(1)
                if kind != GLASS:
                    off = F(0.035)
                    arrives = _lit(
                        shadow, shadow_view, at[0] + n[0] * off, at[1] + n[1] * off, at[2] + n[2] * off
                    )
                    if kind in (HAIR, BROW):
                        arrives = F(0.3) + F(0.7) * arrives
                    elif kind in (EYE, SKIN):  # one lamp's shadow is never the whole of it
                        arrives = F(0.2) + F(0.8) * arrives
                _light(kind, base, rough, gloss, n, v, t, min(ao, F(1)), arrives, lights, out)
                weight = F(seen_count[g]) * F(0.25)
                for c in range(3):
                    image[y, x, c] += out[c] * weight
                image[y, x, 3] += weight
    return image


@njit(cache=True, nogil=True, fastmath=FAST)
def develop(image, back, exposure, vignette):  # type: ignore[no-untyped-def]
    """(size, size, 3) uint8: a premultiplied picture over a developed backdrop (0 to 1) of this size or
    smaller."""
    size, small = image.shape[0], back.shape[0]
    scale = F(small) / F(size)
    out = np.empty((size, size, 3), np.uint8)
    for y in range(size):
        dy = (F(y) + F(0.5)) / F(size) * F(2) - F(1)
        for x in range(size):
            dx = (F(x) + F(0.5)) / F(size) * F(2) - F(1)
            fall = F(1) - vignette * (dx * dx + dy * dy) * F(0.5)
            a = image[y, x, 3]
            bx = min(max((F(x) + F(0.5)) * scale - F(0.5), F(0)), F(small) - F(1.001))
            by = min(max((F(y) + F(0.5)) * scale - F(0.5), F(0)), F(small) - F(1.001))
            x0, y0 = int(bx), int(by)
            fx, fy = bx - F(x0), by - F(y0)
            for c in range(3):
                above = back[y0, x0, c] * (F(1) - fx) + back[y0, x0 + 1, c] * fx
                below = back[y0 + 1, x0, c] * (F(1) - fx) + back[y0 + 1, x0 + 1, c] * fx
                shown = above * (F(1) - fy) + below * fy
                if a > 0:
                    shown = shown * (F(1) - a) + _film(image[y, x, c] / a * exposure) * a
                out[y, x, c] = np.uint8(min(F(255), max(F(0), shown * fall * F(255) + F(0.5))))
    return out


@njit(cache=True, nogil=True, fastmath=FAST)
def _film(x):  # type: ignore[no-untyped-def]
    x = max(F(0), x)
    y = min(
        F(1), x * (F(2.51) * x + F(0.03)) / (x * (F(2.43) * x + F(0.59)) + F(0.14))
    )  # Narkowicz's ACES fit
    return F(12.92) * y if y <= F(0.0031308) else F(1.055) * y ** F(1 / 2.4) - F(0.055)


@njit(cache=True, nogil=True, fastmath=FAST)
def look_around(panorama, axes, spread, size, gain):  # type: ignore[no-untyped-def]
    """(size, size, 3) developed view into a panorama; `axes` (3, 3) are the camera's right, up and back.

    A cubic B-spline over four texels each way: out of focus, without blocks.
    """
    high, wide = panorama.shape[0], panorama.shape[1]
    out = np.empty((size, size, 3), np.float32)
    wx, wy = np.empty(4, np.float32), np.empty(4, np.float32)
    for y in range(size):
        cy = (F(1) - (F(y) + F(0.5)) / F(size) * F(2)) * spread
        for x in range(size):
            cx = ((F(x) + F(0.5)) / F(size) * F(2) - F(1)) * spread
            dx = cx * axes[0, 0] + cy * axes[1, 0] - axes[2, 0]
            dy = cx * axes[0, 1] + cy * axes[1, 1] - axes[2, 1]
            dz = cx * axes[0, 2] + cy * axes[1, 2] - axes[2, 2]
            far = np.sqrt(dx * dx + dy * dy + dz * dz)
            u = (np.arctan2(dx, -dz) / F(6.2831853) + F(0.5)) * F(wide) - F(0.5)
            v = np.arccos(dy / far) / F(3.1415927) * F(high) - F(0.5)
            uf, vf = np.floor(u), np.floor(v)
            for w, f in ((wx, F(u - uf)), (wy, F(v - vf))):
                g = F(1) - f
                w[0], w[3] = g * g * g / F(6), f * f * f / F(6)
                w[1] = (F(3) * f * f * f - F(6) * f * f + F(4)) / F(6)
                w[2] = F(1) - w[0] - w[1] - w[3]
            for c in range(3):
                total = F(0)
                for j in range(4):
                    row = min(max(int(vf) - 1 + j, 0), high - 1)
                    line = F(0)
                    for i in range(4):
                        line += wx[i] * min(panorama[row, (int(uf) - 1 + i) % wide, c], F(8))
                    total += wy[j] * line
                out[y, x, c] = _film(total * gain[c])
    return out
