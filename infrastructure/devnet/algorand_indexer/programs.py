"""What calls do to applications, as far as blocks tell: all of their state but boxes."""

import sqlite3
from typing import Any

from infrastructure.devnet.algorand.encoding import raw, stored, unpacked
from infrastructure.devnet.algorand_indexer.payset import ZERO, Entry

OPT_IN, CLOSE_OUT, CLEAR, UPDATE, DELETE = 1, 2, 3, 4, 5
SENT = (("apap", "approv"), ("apsu", "clearp"), ("apgs", "gsch"), ("apls", "lsch"), ("apep", "epp"))
VALUES: dict[int, tuple[str, str, Any]] = {1: ("tb", "bs", b""), 2: ("ui", "ui", 0)}
"""What an action sets, bytes or a number; the third one deletes."""

State = dict[Any, dict[str, Any]]


class Programs:
    def __init__(self, rows: sqlite3.Connection, number: int) -> None:
        self._rows = rows
        self._round = number

    def apply(self, entry: Entry) -> None:
        call, delta, application = entry.transaction, entry.signed.get("dt", {}), entry.asset
        sender, done = call.get("snd", ZERO), call.get("apan", 0)
        if not call.get("apid"):
            params = {name: call[short] for short, name in SENT if call.get(short)}
            self._create(application, sender, params)
        if done == OPT_IN:
            self._opt_in(sender, application)
        if delta.get("gd"):
            params = self._params(application)
            self._keep(application, {**params, "gs": changed(params.get("gs", {}), delta["gd"])})
        accounts = [sender, *(call.get("apat") or ()), *delta.get("sa", ())]
        for place, changes in delta.get("ld", {}).items():
            self._change(accounts[place], application, changes)
        if done in {CLOSE_OUT, CLEAR}:
            self._leave(sender, application)
        if done == UPDATE:
            programs = {name: call[short] for short, name in SENT if call.get(short)}
            self._keep(application, {**self._params(application), **programs})
        if done == DELETE:
            query = "UPDATE application SET params = ?, deleted = 1, closed = ? WHERE id = ?"
            self._rows.execute(query, (stored({}), self._round, application))

    def _create(self, application: int, creator: bytes, params: dict[str, Any]) -> None:
        self._rows.execute(
            "INSERT INTO application (id, creator, params, created) VALUES (?, ?, ?, ?)",
            (application, creator, stored(params), self._round),
        )

    def _params(self, application: int) -> dict[str, Any]:
        query = "SELECT params FROM application WHERE id = ?"
        found = self._rows.execute(query, (application,)).fetchone()
        return unpacked(found[0]) if found else {}

    def _keep(self, application: int, params: dict[str, Any]) -> None:
        query = "UPDATE application SET params = ? WHERE id = ?"
        self._rows.execute(query, (stored(params), application))

    def _opt_in(self, who: bytes, application: int) -> None:
        state = {"hsch": self._params(application).get("lsch", {})}
        self._rows.execute(
            "INSERT INTO local (addr, application, state, created) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (addr, application) DO UPDATE SET state = excluded.state, deleted = 0",
            (who, application, stored(state), self._round),
        )

    def _change(self, who: bytes, application: int, changes: State) -> None:
        query = "SELECT state FROM local WHERE addr = ? AND application = ?"
        found = self._rows.execute(query, (who, application)).fetchone()
        if found:
            state = unpacked(found[0])
            state["tkv"] = changed(state.get("tkv", {}), changes)
            query = "UPDATE local SET state = ? WHERE addr = ? AND application = ?"
            self._rows.execute(query, (stored(state), who, application))

    def _leave(self, who: bytes, application: int) -> None:
        query = "UPDATE local SET state = ?, deleted = 1, closed = ?"
        there = (stored({}), self._round, who, application)
        self._rows.execute(query + " WHERE addr = ? AND application = ?", there)


def changed(state: State, changes: State) -> State:
    """State after a change of some of its keys."""
    after = {raw(key): value for key, value in state.items()}
    for key, change in changes.items():
        after.pop(raw(key), None)
        action = change.get("at", 0)
        if action in VALUES:
            # Setting has the number that the ledger gives the type of what is set.
            member, given, nothing = VALUES[action]
            after[raw(key)] = {"tt": action, member: change.get(given, nothing)}
    return after
