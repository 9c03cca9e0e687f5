"""What a node's answer is worth, by a table that is data: `answers.toml` of each chain family.

The start of a wording decides, case is ignored, the first match wins. A wording
that is in no table is worth what its code is worth, and mostly that is nothing.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Self

ACCEPTED = "accepted"
SAYS_NOTHING = "says-nothing"


@dataclass(frozen=True, slots=True)
class Worth:
    verdict: str
    """A class of the table."""
    alarm: str = ""
    """What a person has to look at: the answer tells of a wrong set-up. Empty for most."""


NOTHING = Worth(SAYS_NOTHING)


@dataclass(frozen=True, slots=True)
class AnswerTable:
    codes: Mapping[int, Worth]
    wordings: tuple[tuple[str, Worth], ...]
    """(start in lower case, worth), in the order in which they are tried."""

    @classmethod
    def of(cls, package: str) -> Self:
        """Read the table of a package, which explains each verdict and alarm that it names."""
        text = files(package).joinpath("answers.toml").read_text(encoding="utf-8")
        raw = tomllib.loads(text)
        codes = {row["code"]: _worth(row) for row in raw["code"]}
        rows = [(start.lower(), _worth(row)) for row in raw["wording"] for start in row["starts"]]
        named = {*codes.values(), *(worth for _, worth in rows)}
        assert {worth.verdict for worth in named} <= raw["verdicts"].keys()
        assert {worth.alarm for worth in named} <= raw.get("alarms", {}).keys() | {""}
        return cls(codes, tuple(rows))

    def of_code(self, code: int) -> Worth:
        return self.codes.get(code, NOTHING)

    def of_wording(self, code: int, wording: str) -> Worth:
        """Return the worth of words that are known, else of the code that they came with."""
        said = wording.strip().lower()
        known = (worth for start, worth in self.wordings if said.startswith(start))
        return next(known, self.of_code(code))


def _worth(row: Mapping[str, str]) -> Worth:
    return Worth(row["verdict"], row.get("alarm", ""))
