"""The one place where refusals become HTTP (RFC 9457), from one catalogue."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from types import MappingProxyType

import msgspec

TYPE = "/api/v1/errors#"
"""Where a problem's type points to: its entry in GET errors."""


class CatalogueEntry(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"
):
    """A code, and what somebody who gets it should know."""

    code: str
    status: int
    category: str
    title: str
    retryable: bool
    retry_after_seconds: int | None
    remediation: str


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is wrong with one member."""

    pointer: str
    """JSON Pointer (RFC 6901), or the name of a header or query parameter."""
    code: str
    detail: str


class ProblemDocument(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True
):
    """An answer that is none: RFC 9457 with members of ours."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    category: str
    retryable: bool
    remediation: str
    correlation_id: str
    retry_after_seconds: int | None = None
    errors: tuple[FieldProblem, ...] = ()


class Problem(Exception):
    """A refusal with a code of the catalogue."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers
        self.retry_after = retry_after

    def document(self, instance: str, correlation: str) -> ProblemDocument:
        entry = catalogue()[self.code]
        return ProblemDocument(
            type=TYPE + entry.code,
            title=entry.title,
            status=entry.status,
            detail=self.detail or entry.title,
            instance=instance,
            code=entry.code,
            category=entry.category,
            retryable=entry.retryable,
            remediation=entry.remediation,
            correlation_id=correlation,
            retry_after_seconds=self.retry_after or entry.retry_after_seconds,
            errors=tuple(self.errors),
        )


def field_problems(problems: Sequence[FieldProblem]) -> Problem:
    """Return one problem for all fields: their common code, or the general one."""
    codes = {problem.code for problem in problems}
    code = codes.pop() if len(codes) == 1 else "INVALID_REQUEST"
    detail = "; ".join(f"{problem.pointer}: {problem.detail}" for problem in problems)
    return Problem(code, detail, problems)


@cache
def catalogue() -> Mapping[str, CatalogueEntry]:
    """Return every code that the service answers with."""
    text = files("interfaces.http").joinpath("error_catalogue.toml").read_text(encoding="utf-8")
    return {
        code: CatalogueEntry(
            code=code,
            status=HTTPStatus(entry["status"]),
            category=entry["category"],
            title=entry["title"],
            retryable=entry.get("retryable", False),
            retry_after_seconds=entry.get("retry_after"),
            remediation=entry["remediation"],
        )
        for code, entry in tomllib.loads(text).items()
    }
