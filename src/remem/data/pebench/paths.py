"""Where the pictures of people in events stand: images/p003/zoo_visit/0000.png."""

import re

from remem.data.events import Event
from remem.data.people import Person


def image_path(person: Person, event: Event, number: int, suffix: str = ".png") -> str:
    """Where a picture stands: the person's folder, then the event's."""
    folder = re.sub(r"[^\w-]+", "_", event.name)
    return f"images/{person.id}/{folder}/{number:04d}{suffix}"


def without_event(path: str) -> str:
    """The path as if all pictures of a person lay in one folder."""
    parts = path.split("/")
    return "/".join([*parts[:-2], parts[-1]]) if len(parts) > 2 else path


def event_of(path: str) -> str:
    """The event that an image_path tells of; "" where it has no such folder."""
    parts = path.split("/")
    return parts[2].replace("_", " ") if len(parts) > 3 else ""
