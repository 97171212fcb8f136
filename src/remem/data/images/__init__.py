"""Where pictures come from: drawn or rendered here, a generator, or the user's own."""

from pathlib import Path

from remem.data.images.pipelines import Pipeline
from remem.data.images.source import ImageSource, Picture
from remem.errors import UserError, unknown

# Those without a class are made here; a plugin adds its own.
SOURCES: dict[str, type[ImageSource] | None] = dict.fromkeys(
    ("api", "diffusers", "drawn", "folder", "rendered")
)

__all__ = ["SOURCES", "ImageSource", "Picture", "Pipeline", "source"]


def source(name: str, folder: str | Path = "", pipeline: Pipeline | None = None) -> ImageSource:
    """The source of that name; `folder` is where the user's own pictures lie (for "folder" only), `pipeline`
    what makes those of "diffusers"."""
    from remem.data.images.api import Api
    from remem.data.images.drawn import Drawn
    from remem.data.images.folder import Folder
    from remem.data.images.generated import Generated
    from remem.data.images.rendered import Rendered

    if name not in SOURCES:
        raise unknown("source of pictures", name, SOURCES)
    if (own := SOURCES[name]) is not None:
        return own()
    if name == "drawn":
        return Drawn()
    if name == "rendered":
        return Rendered()
    if name == "api":
        return Api()
    if name == "diffusers":
        return Generated(pipeline or Pipeline())
    if not str(folder):
        raise UserError("source=folder needs to know where your pictures are: set picture_folder.")
    return Folder(Path(folder))
