"""Checks a file, or stdin for ``-``: exit 0 where it holds, 1 where it is refused."""

import sys
from pathlib import Path

from infrastructure.deployment_certificate.verifier import Refused, check
from infrastructure.deployment_certificate.verifier.form import LARGEST
from infrastructure.deployment_certificate.verifier.words import tell


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m infrastructure.deployment_certificate.verifier FILE\n")
        return 2
    try:
        with sys.stdin.buffer if arguments == ["-"] else Path(arguments[0]).open("rb") as file:
            checked = check(file.read(LARGEST + 1))
    except (Refused, OSError) as error:
        sys.stderr.write(f"refused: {error}\n")
        return 1
    for line in tell(checked):
        sys.stdout.write(line + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
