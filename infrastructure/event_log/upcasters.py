"""Pure functions that bring a stored event from schema n to n + 1.

A published schema is never edited: a new one gets a function here and a golden
file, and the old bytes stay as they are (docs/explanation/event-versioning.md).
"""

from collections.abc import Callable, Mapping
from typing import Any

JsonObject = dict[str, Any]
Upcast = Callable[[JsonObject], JsonObject]

UPCASTERS: Mapping[str, tuple[Upcast, ...]] = {}
"""By event name: the function at place n takes schema n + 1 to n + 2. All are at schema 1."""
