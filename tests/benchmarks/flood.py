"""So many clients that try passwords in a closed loop, for so long: a process of its own.

Loopback only; it ends by itself and prints what it was answered.
"""

import http.client
import json
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

KEPT, NEW, PROXIED = "kept", "new", "proxied"
"""Connections that stay after a try; one for each try; those of a proxy that the service trusts."""
LONGEST = 60.0
"""Seconds, whatever is asked for."""


def flood(base: str, clients: int, seconds: float, networks: int, how: str) -> dict[str, float]:
    """Try passwords; return how many answers of each status came a second.

    Args:
        base: of the service, on this machine.
        clients: at once, each with a connection that is kept as long as the server likes.
        seconds: for how long.
        networks: from so many networks of this machine's own, 127.0.0.0/8.
        how: they connect.
    """
    netloc = urlsplit(base).netloc
    assert netloc.startswith("127.0.0.1:"), "never against anybody else"
    seen, lock = Counter[str](), threading.Lock()
    end = time.monotonic() + min(seconds, LONGEST)

    def client(number: int) -> None:
        mine, tries = Counter[str](), 0
        address = "127.0.0.1" if how == PROXIED else f"127.0.{number % networks}.1"
        connection = http.client.HTTPConnection(netloc, timeout=30, source_address=(address, 0))
        headers = {"Content-Type": "application/json"}
        if how == PROXIED:
            headers["X-Forwarded-For"] = f"198.18.{number % networks}.1"
        while time.monotonic() < end:
            tries += 1
            body = {"email": f"known-{tries % 50}@example.com", "password": f"wrong {tries}" * 2}
            try:
                connection.request("POST", "/api/v1/auth/login", json.dumps(body), headers)
                answer = connection.getresponse()
                answer.read()
                mine[str(answer.status)] += 1
                if how == NEW:
                    connection.close()
            except (OSError, http.client.HTTPException):
                mine["hung up"] += 1
                connection.close()
        connection.close()
        with lock:
            seen.update(mine)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    return {status: number / took for status, number in sorted(seen.items())}


if __name__ == "__main__":
    base, clients, seconds, networks, how = sys.argv[1:]
    print(json.dumps(flood(base, int(clients), float(seconds), int(networks), how)))
