"""Rebuilds the EVM contracts from their sources: ``python -m infrastructure.contracts.build``.

With ``--check`` nothing is written: exit 1 says that the committed artifact is not
what the sources make. Needs Node and the packages that `make` sets up; nothing else does.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCE = HERE / "evm" / "MintableToken.sol"
ARTIFACT = SOURCE.with_suffix(".json")
CONTRACT = "MintableToken"
IMPORT = re.compile(r'^import\s+(?:\{[^}]*\}\s+from\s+)?"([^"]+)";', re.MULTILINE)
SETTINGS = {
    "optimizer": {"enabled": True, "runs": 200},
    # OpenZeppelin's Bytes needs MCOPY: cancun, which every chain of the catalogue has. No hash
    # of metadata, so that a comment or a path changes nothing in the code.
    "evmVersion": "cancun",
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
    "outputSelection": {"*": {"*": ["abi", "evm.bytecode", "evm.deployedBytecode"], "": ["ast"]}},
}


def build() -> bytes:
    """Compile, and return the artifact's bytes.

    Raises:
        RuntimeError: the compiler said so, or is not there.
    """
    sources = dict(_sources(SOURCE.name, SOURCE.read_text(encoding="utf-8"), set()))
    compiled = _compile(sources)
    contract = compiled["contracts"][SOURCE.name][CONTRACT]
    creation = contract["evm"]["bytecode"]["object"]
    runtime = contract["evm"]["deployedBytecode"]
    names = dict(_immutable_names(compiled["sources"]))
    artifact = {
        "contract": CONTRACT,
        "compiler": _compiler_version(),
        "settings": {key: SETTINGS[key] for key in ("optimizer", "evmVersion", "metadata")},
        "abi": contract["abi"],
        "creation": creation,
        "runtime": runtime["object"],
        "immutables": {
            names[node]: places for node, places in runtime["immutableReferences"].items()
        },
        "sha256": {
            "creation": sha256(bytes.fromhex(creation)).hexdigest(),
            "runtime": sha256(bytes.fromhex(runtime["object"])).hexdigest(),
            "sources": {
                name: sha256(text.encode()).hexdigest() for name, text in sorted(sources.items())
            },
        },
    }
    return (json.dumps(artifact, indent=1, sort_keys=True) + "\n").encode()


def _sources(name: str, text: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Yield a source and all that it imports, under the names that the compiler asks for."""
    if name in seen:
        return
    seen.add(name)
    yield name, text
    for imported in IMPORT.findall(text):
        path = _resolve(name, imported)
        yield from _sources(path, (ROOT / "node_modules" / path).read_text("utf-8"), seen)


def _resolve(importer: str, imported: str) -> str:
    if not imported.startswith("."):
        return imported
    parts = importer.split("/")[:-1]
    for part in imported.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _compile(sources: dict[str, str]) -> Any:
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": SETTINGS,
    }
    compiled = json.loads(_node(str(HERE / "compile.cjs"), stdin=json.dumps(request)))
    if problems := compiled.get("errors"):
        raise RuntimeError("\n".join(problem["formattedMessage"] for problem in problems))
    return compiled


def _compiler_version() -> str:
    script = "process.stdout.write(require('solc').version())"
    return _node("-e", script, stdin="")


def _node(*arguments: str, stdin: str) -> str:
    node = Path(sys.executable).parent / "node"
    if not node.exists():
        raise RuntimeError(f"there is no {node}: run `make setup`")
    ran = subprocess.run(  # noqa: S603 - the project's own node and script
        [node, *arguments], input=stdin, capture_output=True, text=True, check=False, cwd=ROOT
    )
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    return ran.stdout


def _immutable_names(sources: Any) -> Iterator[tuple[str, str]]:
    """Yield (AST id, contract.variable) of every immutable: solc names places by ids alone."""
    for source in sources.values():
        for unit in source["ast"]["nodes"]:
            for member in unit.get("nodes", ()):
                if member.get("mutability") == "immutable":
                    yield str(member["id"]), f"{unit['name']}.{member['name']}"


def main() -> None:
    built = build()
    if "--check" in sys.argv:
        same = ARTIFACT.read_bytes() == built
        print("the artifact is what the sources make" if same else "the artifact differs")
        raise SystemExit(not same)
    ARTIFACT.write_bytes(built)
    print(f"{ARTIFACT.relative_to(ROOT)}: {sha256(built).hexdigest()}")


if __name__ == "__main__":
    main()
