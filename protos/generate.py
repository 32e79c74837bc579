"""Writes the stubs from the contracts: `python protos/generate.py`.

    generate.py            write protos/gen
    generate.py --check    exit 1 when protos/gen is not what it would write
    generate.py --image F  write a descriptor set with comments, for buf, and nothing else

The comments of the contracts, which stubs do not carry, are written beside them, for OpenAPI.

protovalidate ships `buf/validate/validate.proto` only as a descriptor inside its package, so that
is where protoc gets it from; nothing is fetched and no third-party contract is kept here.
"""

import argparse
import filecmp
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from google.api import annotations_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.message import Message
from grpc_tools import protoc
from protobuf import DescFile
from protovalidate._gen.buf.validate import validate_pb

HERE = Path(__file__).parent
GENERATED = HERE / "gen"
VALIDATE = "buf/validate/validate.proto"


def main() -> None:
    """Read the command line and do what it asks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--image", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    # protoc finds the stub plugins beside the interpreter, also when no venv is activated.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.image:
            run_protoc(
                Path(scratch),
                "--include_imports",
                "--include_source_info",
                f"--descriptor_set_out={arguments.image}",
            )
        elif arguments.check:
            write_stubs(Path(scratch), fresh := Path(scratch, "gen"))
            if stale := sorted(differences(fresh, GENERATED)):
                names = "\n  ".join(stale)
                sys.exit(f"protos/gen is not fresh; run `make protos`:\n  {names}")
        else:
            shutil.rmtree(GENERATED, ignore_errors=True)
            write_stubs(Path(scratch), GENERATED)


def write_stubs(scratch: Path, target: Path) -> None:
    """Write messages, services and their types for all contracts into `target`."""
    target.mkdir(parents=True)
    run_protoc(
        scratch,
        f"--python_out={target}",
        f"--mypy_out=quiet:{target}",
        f"--grpc_python_out={target}",
        f"--mypy_grpc_out=quiet:{target}",
        extra=[VALIDATE],
    )
    for stub in target.rglob("*_pb2_grpc.py"):
        if "Stub" not in stub.read_text():  # a contract without a service
            stub.unlink()
            stub.with_suffix(".pyi").unlink(missing_ok=True)
    image = scratch / "commented.binpb"
    run_protoc(scratch, "--include_source_info", f"--descriptor_set_out={image}")
    written = json.dumps(comments(image), ensure_ascii=False, indent=0, sort_keys=True)
    (target / "enrayon" / "comments.json").write_text(f"{written}\n", encoding="utf-8")


def comments(image: Path) -> dict[str, str]:
    """What the contracts say of each service, method, message, field and value, by its name."""
    found = {}
    for file in descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes()).file:
        for location in file.source_code_info.location:
            text = location.leading_comments
            if text and (name := named(file, location.path)):
                found[name] = " ".join(line.strip() for line in text.splitlines()).strip()
    return found


def named(file: descriptor_pb2.FileDescriptorProto, path: Sequence[int]) -> str:
    """The full name of what a path of `SourceCodeInfo` leads to; empty for an option."""
    names, at = [file.package], file
    for field, number in zip(path[::2], path[1::2], strict=False):
        inner = getattr(at, at.DESCRIPTOR.fields_by_number[field].name)
        if isinstance(inner, Message):
            return ""
        at = inner[number]
        names.append(at.name)
    return ".".join(names) if len(path) % 2 == 0 else ""


def run_protoc(scratch: Path, *options: str, extra: list[str] | None = None) -> None:
    """Run protoc on all contracts, with Google's and protovalidate's at hand."""
    contracts = sorted(str(path.relative_to(HERE)) for path in (HERE / "enrayon").rglob("*.proto"))
    validate = scratch / "validate.binpb"
    validate.write_bytes(descriptor_set(validate_pb.desc()).SerializeToString())
    includes = [
        HERE,
        Path(annotations_pb2.__file__).parents[2],
        Path(str(files("grpc_tools") / "_proto")),
    ]
    status = protoc.main(
        [
            "protoc",
            f"--descriptor_set_in={validate}",
            *(f"--proto_path={folder}" for folder in includes),
            *options,
            *contracts,
            *(extra or []),
        ]
    )
    if status:
        sys.exit(status)


def descriptor_set(root: DescFile) -> descriptor_pb2.FileDescriptorSet:
    """The file with all that it imports, imports first."""
    result = descriptor_pb2.FileDescriptorSet()
    seen = set()

    def add(file: DescFile) -> None:
        if file.name not in seen:
            seen.add(file.name)
            for dependency in file.dependencies:
                add(dependency)
            result.file.add().ParseFromString(file.proto.to_binary())

    add(root)
    return result


def differences(left: Path, right: Path) -> Iterator[str]:
    """Paths that are not the same in both folders, Python's own caches aside."""
    names = {
        path.relative_to(side)
        for side in (left, right)
        for path in side.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    for name in names:
        one, other = left / name, right / name
        if not (one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)):
            yield str(name)


if __name__ == "__main__":
    main()
