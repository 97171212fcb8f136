"""Data sets in the shape of ReMem: invent, build, load, check. Nothing here imports torch, datasets or
pyarrow."""

from remem.data.build import build
from remem.data.checks import check_images, expectations, measurable, notes
from remem.data.dataset import Dataset, value
from remem.data.images.folder import folder_fingerprint
from remem.data.images.pipelines import pipeline_fingerprint
from remem.data.lint import Finding, lint
from remem.data.load import load
from remem.data.people import Person, decoys, invent
from remem.data.questions import Row, questions
from remem.data.settings import BuildSettings

__all__ = [
    "BuildSettings",
    "Dataset",
    "Finding",
    "Person",
    "Row",
    "build",
    "check_images",
    "decoys",
    "expectations",
    "folder_fingerprint",
    "invent",
    "lint",
    "load",
    "measurable",
    "notes",
    "pipeline_fingerprint",
    "questions",
    "value",
]
