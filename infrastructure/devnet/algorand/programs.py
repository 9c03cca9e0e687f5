"""Programs over HTTP: assembled."""

import json
import re
from typing import Any

from infrastructure.addresses import algorand_address_text
from infrastructure.devnet.algorand.answer import Asked, Failed
from infrastructure.devnet.algorand.binary import Binary, Refused
from infrastructure.devnet.algorand.encoding import digest, text64
from infrastructure.devnet.algorand.surface import Route, route

COMPLAINT = re.compile(r"(?:^| )(?=\d+(?::\d+)?: )")


class Programs:
    def __init__(self, binary: Binary) -> None:
        self._binary = binary

    def routes(self) -> list[Route]:
        return [route("POST", "/v2/teal/compile", self.compile)]

    def compile(self, asked: Asked) -> Any:
        try:
            program, source_map = self._binary.compile(asked.body)
        except Refused as no:
            raise Failed(400, _complaints(str(no))) from None
        shown: dict[str, Any] = {
            "hash": algorand_address_text(digest(b"Program" + program)),
            "result": text64(program),
        }
        if asked.query.get("sourcemap") == "true":
            shown["sourcemap"] = {**json.loads(source_map), "sources": ["<body>"]}
        return shown


def _complaints(said: str) -> str:
    """One complaint a line; the program says them in one."""
    words = said.strip()
    if "Cannot assemble empty" in words:
        return f"1 error: {words.strip('[]')}\n"
    inner = words[1:-1] if words.startswith("[") and words.endswith("]") else words
    return "".join(f"{part.strip()}\n" for part in COMPLAINT.split(inner) if part.strip())
