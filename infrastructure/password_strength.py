"""Judges how many guesses a password withstands, without asking anybody (zxcvbn, and a list).

The bar is high because of what the password makes: an ARC-76 address is public, so whoever
knows an e-mail address can test guesses against the chain without us, and no throttle helps.
"""

import hashlib
import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from zxcvbn.matching import (  # type: ignore[import-untyped]
    L33T_TABLE,
    RANKED_DICTIONARIES,
    omnimatch,
)
from zxcvbn.scoring import most_guessable_match_sequence  # type: ignore[import-untyped]

from application.credentials import PasswordJudge

ENOUGH = 10**14
"""Guesses. One graphics card tests about 9,000 addresses a second (ARC-76 stretches a password
with PBKDF2); a thousand cards need over four months for so many."""
LONGEST_JUDGED = 56
"""Code points that are looked at; what follows only adds guesses."""
SHORTEST_JUDGED = 14
"""Code points that are looked at in any case: fewer never reach `ENOUGH`, at ten for each."""
MOST_WORK = 25_000
"""Leet spellings ("@" for a) to look up, times the square of the length: 35 ms of a processor."""
LONGEST_LINE = 1_024
"""Bytes of UTF-8: as long as the longest password."""
DIGEST = 8
"""Bytes kept of each SHA-1. Among a million, a stranger's password meets one by chance once in
ten to the thirteen."""

SHA1_LINE = re.compile(rb"([0-9A-Fa-f]{40})(:[0-9]+)?")
OTHER_DIGEST_LINE = re.compile(rb"[0-9A-Fa-f]{32,}:[0-9]+")

COMMON = "This password is on a list of common ones."
KNOWN = "Without your e-mail address and our name, too little of it is left to guess."
WEAK = {
    "bruteforce": "It is too short to withstand guessing.",
    "date": "It is built on a date.",
    "dictionary": "It is built on common words, names or passwords.",
    "regex": "It is built on a recent year.",
    "repeat": "It repeats itself.",
    "sequence": "It follows an alphabet or counts.",
    "spatial": "It follows the keys of a keyboard.",
}
PUBLIC = "Your chain address is public, and lets anybody test guesses as fast as they can."
ADVICE = "Take six words picked by chance, or let a password manager make one."


class BadPasswordList(Exception):
    """The list of common passwords cannot be used. Never says what a line holds."""

    def __init__(self, path: Path, line: int | None, why: str) -> None:
        place = f"{path}, line {line}" if line else str(path)
        super().__init__(f"{place}: {why}")
        self.path = path
        self.line = line


def open_judge(path: Path | None) -> PasswordJudge:
    """Return a judge; with a file, it also refuses what the file lists.

    One password a line in UTF-8, or its SHA-1 in 40 hexadecimal digits with or without a
    count behind a colon, as collections of breached passwords are published.

    Raises:
        BadPasswordList: the file cannot be read, or a line is not in that form.
    """
    return ZxcvbnJudge(array("Q") if path is None else _read(path))


class ZxcvbnJudge:
    """Implements application.credentials.PasswordJudge.

    zxcvbn itself is given no e-mail address: it would keep it in a dictionary that all
    threads share, and judge one person's password by another's address. Its parts are called
    with a dictionary made for one password.

    How long it takes. Both the whole and what is left without the context are judged, unless
    the first already fails. zxcvbn is worse than quadratic where common words overlap in many
    ways, and tries each spelling where a letter has several substitutes ("leet", up to 768
    spellings). On one core of a server, 72 code points took 1.7 s of such symbols, 130 ms of
    "i" and "com" by turns, and up to 35 ms of dates, digits, repeats, keyboards, or words.
    Hence two bounds: `LONGEST_JUDGED`, and fewer where `MOST_WORK` says so. With both, the
    worst found of either kind is 80 ms, and a sentence takes 5.

    A cut makes an estimate lower, except for a word that it breaks: that can pass for letters
    without sense. Only what is longer than 56, or full of symbols, can gain by that.
    """

    def __init__(self, listed: "array[int]") -> None:
        self._listed = listed
        """First `DIGEST` bytes of each SHA-1, sorted: eight bytes for each password."""

    def judge(self, password: str, context: Sequence[str]) -> str | None:
        composed = unicodedata.normalize("NFC", password)
        if self._lists(composed) or self._lists(_folded(composed)):
            return f"{COMMON} {PUBLIC} {ADVICE}"
        lower = {unicodedata.normalize("NFC", word).lower() for word in context} - {""}
        words = sorted(lower, key=len, reverse=True)
        known = {"user_inputs": {word: rank for rank, word in enumerate(words, 1)}}
        whole, rest = _judged_part(composed), _judged_part(_without(composed, words))
        if (weakness := _weakness(whole, known)) is not None:
            return f"{weakness} {PUBLIC} {ADVICE}"
        if rest != whole and _weakness(rest, known) is not None:
            return f"{KNOWN} {PUBLIC} {ADVICE}"
        return None

    def _lists(self, password: str) -> bool:
        digest = _digest_of(password)
        place = bisect_left(self._listed, digest)
        return place < len(self._listed) and self._listed[place] == digest


def _weakness(text: str, known: Mapping[str, Mapping[str, int]]) -> str | None:
    """Return why a text takes too few guesses; None if it takes enough."""
    if not text:
        return KNOWN
    matches = omnimatch(text, {**RANKED_DICTIONARIES, **known})
    found: Mapping[str, Any] = most_guessable_match_sequence(text, matches)
    if found["guesses"] >= ENOUGH:
        return None
    longest = max(found["sequence"], key=lambda part: len(part["token"]))
    if longest.get("dictionary_name") == "user_inputs":
        return KNOWN
    return WEAK[longest["pattern"]]


def _judged_part(text: str) -> str:
    """Return as much of a text, from its start, as is judged within `MOST_WORK`."""
    # The one letter that is two in lower case: zxcvbn would count wrongly, and for long.
    part = text[:LONGEST_JUDGED].replace("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "I")
    while len(part) > SHORTEST_JUDGED and len(part) ** 2 * _spellings(part) > MOST_WORK:
        part = part[:-1]
    return part


def _spellings(text: str) -> int:
    """Return the most combinations of leet substitutions that zxcvbn looks up for a text."""
    spellings = 1
    for substitutes in L33T_TABLE.values():
        spellings *= max(1, sum(one in text for one in substitutes))
    return spellings


def _without(password: str, words: Sequence[str]) -> str:
    """Return a password without the words, in whatever case they are; longest words first."""
    if not words:
        return password
    pattern = "|".join(re.escape(word) for word in words)
    return re.sub(pattern, "", password, flags=re.IGNORECASE)


def _folded(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFC", composed.casefold())


def _digest_of(password: str) -> int:
    sha1 = hashlib.sha1(password.encode(), usedforsecurity=False)
    return int.from_bytes(sha1.digest()[:DIGEST], "big")


def _read(path: Path) -> "array[int]":
    """Return the sorted digests of a file's passwords: 8 MB for a million lines."""
    digests = array("Q", _digests(path))
    if not digests:
        raise BadPasswordList(path, None, "holds no password")
    return array("Q", sorted(digests))


def _digests(path: Path) -> Iterator[int]:
    number = 0
    try:
        with path.open("rb") as lines:
            while line := lines.readline(LONGEST_LINE + 2):
                number += 1
                if bare := line.rstrip(b"\r\n"):
                    yield _digest_in(bare)
    except OSError as error:
        raise BadPasswordList(path, None, error.strerror or "cannot be read") from None
    except ValueError as error:
        raise BadPasswordList(path, number, str(error)) from None


def _digest_in(line: bytes) -> int:
    """Return the digest that a line holds or makes.

    Raises:
        ValueError: neither a password nor its SHA-1; says why, and not what.
    """
    if found := SHA1_LINE.fullmatch(line):
        return int(found[1][: 2 * DIGEST], 16)
    if OTHER_DIGEST_LINE.fullmatch(line):
        raise ValueError("a digest that is not SHA-1")
    if len(line) > LONGEST_LINE:
        raise ValueError("longer than any password")
    try:
        return _digest_of(_folded(line.decode()))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
