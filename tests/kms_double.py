"""AWS KMS on a loopback port: Encrypt, Decrypt and DescribeKey in its wire protocol (JSON 1.1).

Made after the service model that botocore carries and what botocore sends. It checks every
signature (Signature Version 4), so that a request which real KMS would refuse is refused here.
"""

import base64
import hmac
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ACCESS, SECRET, REGION = "AKIDEXAMPLEEXAMPLE00", "not-a-real-secret-key", "eu-central-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": ACCESS,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}

HANG = 30.0
"""Seconds, longer than any client waits."""


class Refused(Exception):
    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.status = code, status


@dataclass
class KmsDouble:
    """The keys, what was asked, and what goes wrong next."""

    keys: dict[str, bytes] = field(default_factory=dict)
    """Key material by ARN."""
    aliases: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    """One for each of the next requests: an error's code, ``hang``, ``cut`` or ``nonsense``."""
    over: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def make_key(self, alias: str = "") -> str:
        identity = f"{os.urandom(4).hex()}-0000-4000-8000-{os.urandom(6).hex()}"
        arn = f"arn:aws:kms:{REGION}:111122223333:key/{identity}"
        self.keys[arn] = os.urandom(32)
        if alias:
            self.aliases[alias] = arn
        return arn

    def answer(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((call, body))
        match call:
            case "TrentService.Encrypt":
                return self._encrypt(body)
            case "TrentService.Decrypt":
                return self._decrypt(body)
            case "TrentService.DescribeKey":
                arn = self._arn(body["KeyId"])
                state = "Disabled" if arn in self.disabled else "Enabled"
                metadata = {"Arn": arn, "KeyId": arn.rpartition("/")[2], "KeyState": state}
                return {"KeyMetadata": metadata}
            case _:
                raise Refused("UnknownOperationException")

    def _encrypt(self, body: dict[str, Any]) -> dict[str, Any]:
        arn = self._usable(body["KeyId"])
        plain = base64.b64decode(body["Plaintext"], validate=True)
        if not 1 <= len(plain) <= 4096:
            raise Refused("ValidationException")
        nonce = os.urandom(12)
        sealed = AESGCM(self.keys[arn]).encrypt(nonce, plain, _bound(arn, body))
        blob = sha256(arn.encode()).digest()[:8] + nonce + sealed
        return {"CiphertextBlob": base64.b64encode(blob).decode(), "KeyId": arn} | ALGORITHM

    def _decrypt(self, body: dict[str, Any]) -> dict[str, Any]:
        blob = base64.b64decode(body["CiphertextBlob"], validate=True)
        named = {sha256(arn.encode()).digest()[:8]: arn for arn in self.keys}
        if blob[:8] not in named:
            raise Refused("InvalidCiphertextException")
        arn = self._usable(named[blob[:8]])
        if self._arn(body["KeyId"]) != arn:
            raise Refused("IncorrectKeyException")
        try:
            plain = AESGCM(self.keys[arn]).decrypt(blob[8:20], blob[20:], _bound(arn, body))
        except (InvalidTag, ValueError):
            raise Refused("InvalidCiphertextException") from None
        return {"Plaintext": base64.b64encode(plain).decode(), "KeyId": arn} | ALGORITHM

    def _arn(self, name: str) -> str:
        by_id = {arn.rpartition("/")[2]: arn for arn in self.keys}
        arn = self.aliases.get(name) or by_id.get(name) or name
        if arn not in self.keys:
            raise Refused("NotFoundException")
        return arn

    def _usable(self, name: str) -> str:
        arn = self._arn(name)
        if arn in self.disabled:
            raise Refused("DisabledException")
        return arn


ALGORITHM = {"EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}


def _bound(arn: str, body: dict[str, Any]) -> bytes:
    context = body.get("EncryptionContext", {})
    if not all(isinstance(one, str) for pair in context.items() for one in pair):
        raise Refused("SerializationException")
    return json.dumps([arn, sorted(context.items())]).encode()


class Handler(BaseHTTPRequestHandler):
    double: ClassVar[KmsDouble]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.double.bodies.append(body)
        trouble = self.double.troubles.pop(0) if self.double.troubles else ""
        try:
            if trouble == "hang":
                self.double.over.wait(HANG)
            if trouble in {"hang", "cut"}:
                self.close_connection = True
                return
            if trouble == "nonsense":
                self._send(200, b'{"KeyMetadata": 7}')
                return
            self._check(body, trouble)
            answer = self.double.answer(self.headers["X-Amz-Target"], json.loads(body))
            self._send(200, json.dumps(answer).encode())
        except Refused as refusal:
            self._send(refusal.status, json.dumps({"__type": refusal.code}).encode())

    def _check(self, body: bytes, trouble: str) -> None:
        if trouble:
            raise Refused(trouble, 500 if trouble == "KMSInternalException" else 400)
        if self.path != "/" or self.headers["Content-Type"] != "application/x-amz-json-1.1":
            raise Refused("SerializationException")
        kind, _, rest = self.headers["Authorization"].partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        access, day, region, service, end = parts["Credential"].split("/")
        if (kind, access, region, service, end) != (
            "AWS4-HMAC-SHA256",
            ACCESS,
            REGION,
            "kms",
            "aws4_request",
        ):
            raise Refused("UnrecognizedClientException")
        names = parts["SignedHeaders"]
        headers = "".join(f"{name}:{self.headers[name].strip()}\n" for name in names.split(";"))
        canonical = f"POST\n/\n\n{headers}\n{names}\n{sha256(body).hexdigest()}"
        scope = f"{day}/{region}/{service}/{end}"
        hashed = sha256(canonical.encode()).hexdigest()
        signed = f"{kind}\n{self.headers['X-Amz-Date']}\n{scope}\n{hashed}"
        key = ("AWS4" + SECRET).encode()
        for part in (day, region, service, end):
            key = hmac.digest(key, part.encode(), "sha256")
        if hmac.digest(key, signed.encode(), "sha256").hex() != parts["Signature"]:
            raise Refused("InvalidSignatureException")

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", os.urandom(16).hex())
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def kms_double() -> Iterator[KmsDouble]:
    double = KmsDouble()
    handler = type("BoundHandler", (Handler,), {"double": double})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    double.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield double
    finally:
        double.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
