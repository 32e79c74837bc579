"""Writes the stubs from the contracts: `python protos/generate.py`.

    generate.py            write protos/gen
    generate.py --check    exit 1 when protos/gen is not what it would write
    generate.py --image F  write a descriptor set with comments, for buf, and nothing else
    generate.py --bundle F write a zip with the contracts and all that they import

Beside the stubs of a service stands `*_servicer.py`: a Protocol with a method for each RPC, which
mypy holds servicers against. The comments of the contracts, which stubs do not carry, are written
to `comments.json`, for OpenAPI.

protovalidate ships `buf/validate/validate.proto` only as a descriptor inside its package, and
protoc gets it from there; nothing is fetched and no third-party contract is kept here.
"""

import argparse
import filecmp
import json
import os
import re
import shutil
import sys
import tempfile
import textwrap
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
WIDTH = 100
"""Of lines that are written, in characters."""
BUNDLE_README = """# The contracts of enrayon

`contracts.binpb` is a descriptor set of all contracts and of all that they import; protoc and buf
take it in place of folders:

    protoc --descriptor_set_in=contracts.binpb --python_out=out enrayon/stores/v1/stores.proto
    buf generate contracts.binpb

The same files stand here as text, to read, but not `buf/validate/validate.proto`
(https://github.com/bufbuild/protovalidate), which is in the descriptor set alone. Generate for it
too where the language has no package of it. Those of `google` are Google's, under Apache-2.0.
"""
SERVICERS = '''"""The methods of servicers of `{contract}`. Generated; do not edit."""

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol, TypeAlias, TypeVar

{imports}

ResponseT = TypeVar("ResponseT")
Answer: TypeAlias = ResponseT | bytes | Awaitable[ResponseT | bytes]
"""A response or its bytes, at once or awaited."""
Stream: TypeAlias = AsyncIterator[ResponseT | bytes]
"""Responses or their bytes, one after the other."""


{classes}
'''


def main() -> None:
    """Read the command line and write what it asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--image", type=Path, metavar="FILE")
    parser.add_argument("--bundle", type=Path, metavar="FILE")
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
        elif arguments.bundle:
            write_bundle(Path(scratch), arguments.bundle)
        elif arguments.check:
            write_stubs(Path(scratch), fresh := Path(scratch, "gen"))
            if stale := sorted(differences(fresh, GENERATED)):
                names = "\n  ".join(stale)
                sys.exit(f"protos/gen is not fresh; run `make protos`:\n  {names}")
        else:
            shutil.rmtree(GENERATED, ignore_errors=True)
            write_stubs(Path(scratch), GENERATED)


def write_bundle(scratch: Path, target: Path) -> None:
    """Write a zip from which any generator makes stubs; the same bytes for the same contracts.

    It has each file as text, but protovalidate's, of which there is a descriptor alone; and
    `contracts.binpb`, a descriptor set of all of them.
    """
    image = scratch / "contracts.binpb"
    run_protoc(
        scratch, "--include_imports", "--include_source_info", f"--descriptor_set_out={image}"
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:

        def add(name: str, content: bytes) -> None:
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            bundle.writestr(entry, content)

        add("README.md", BUNDLE_README.encode())
        add("LICENSE", (HERE.parent / "LICENSE").read_bytes())
        add("contracts.binpb", image.read_bytes())
        for file in descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes()).file:
            for folder in includes():
                if (folder / file.name).exists():
                    add(file.name, (folder / file.name).read_bytes())
                    break


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
    run_protoc(
        scratch, "--include_imports", "--include_source_info", f"--descriptor_set_out={image}"
    )
    contracts = descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes()).file
    ours = [file for file in contracts if file.package.startswith("enrayon.")]
    said = comments(ours)
    text = json.dumps(said, ensure_ascii=False, indent=0, sort_keys=True)
    (target / "enrayon" / "comments.json").write_text(f"{text}\n", encoding="utf-8")
    modules = {
        f"{file.package}.{message.name}": Path(file.name).with_suffix("")
        for file in contracts
        for message in file.message_type
    }
    for file in ours:
        if file.service:
            path = Path(file.name).with_suffix("")
            servicers = target / path.with_name(f"{path.name}_servicer.py")
            servicers.write_text(servicer_module(file, modules, said), encoding="utf-8")


def servicer_module(
    file: descriptor_pb2.FileDescriptorProto,
    modules: Mapping[str, Path],
    said: Mapping[str, str],
) -> str:
    """A Python module with a Protocol for each service of a contract.

    Args:
        file: the contract.
        modules: the path of the contract of each message, without its suffix.
        said: the comments of the contract.
    """
    used: set[Path] = set()

    def type_of(name: str) -> str:
        path = modules[name.removeprefix(".")]
        used.add(path)
        return f"{path.name}_pb2.{name.rpartition('.')[2]}"

    classes = []
    for service in file.service:
        full_name = f"{file.package}.{service.name}"
        lines = [
            f"class {service.name.removesuffix('Service')}Servicer(Protocol):",
            f'    """Answers `{full_name}`."""',
        ]
        for method in service.method:
            request, response = type_of(method.input_type), type_of(method.output_type)
            if method.client_streaming:
                request = f"AsyncIterator[{request}]"
            answer = f"Stream[{response}]" if method.server_streaming else f"Answer[{response}]"
            comment = textwrap.fill(
                f'"""{said[f"{full_name}.{method.name}"]}"""',
                width=WIDTH,
                initial_indent=" " * 8,
                subsequent_indent=" " * 8,
            )
            name = re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower()
            head = f"    def {name}(self, request: {request}, /) -> {answer}:"
            if len(head) > WIDTH:
                head = f"    def {name}(\n        self, request: {request}, /\n    ) -> {answer}:"
            lines += ["", head, comment]
        classes.append("\n".join(lines))
    imports = sorted(f"from {'.'.join(path.parent.parts)} import {path.name}_pb2" for path in used)
    return SERVICERS.format(
        contract=file.name, imports="\n".join(imports), classes="\n\n\n".join(classes)
    )


def comments(contracts: Iterable[descriptor_pb2.FileDescriptorProto]) -> dict[str, str]:
    """The comment of each service, method, message, field and value, by its full name."""
    found = {}
    for file in contracts:
        for location in file.source_code_info.location:
            text = location.leading_comments
            if text and (name := named(file, location.path)):
                found[name] = " ".join(line.strip() for line in text.splitlines()).strip()
    return found


def named(file: descriptor_pb2.FileDescriptorProto, path: Sequence[int]) -> str:
    """The full name of the element at a path of `SourceCodeInfo`; empty for an option."""
    names, at = [file.package], file
    for field, number in zip(path[::2], path[1::2], strict=False):
        inner = getattr(at, at.DESCRIPTOR.fields_by_number[field].name)
        if isinstance(inner, Message):
            return ""
        at = inner[number]
        names.append(at.name)
    return ".".join(names) if len(path) % 2 == 0 else ""


def run_protoc(scratch: Path, *options: str, extra: list[str] | None = None) -> None:
    """Run protoc on all contracts, with Google's and protovalidate's in its path."""
    contracts = sorted(str(path.relative_to(HERE)) for path in (HERE / "enrayon").rglob("*.proto"))
    validate = scratch / "validate.binpb"
    validate.write_bytes(descriptor_set(validate_pb.desc()).SerializeToString())
    status = protoc.main(
        [
            "protoc",
            f"--descriptor_set_in={validate}",
            *(f"--proto_path={folder}" for folder in includes()),
            *options,
            *contracts,
            *(extra or []),
        ]
    )
    if status:
        sys.exit(status)


def includes() -> list[Path]:
    """The folders of contracts: ours, Google's APIs, and those of protoc."""
    return [
        HERE,
        Path(annotations_pb2.__file__).parents[2],
        Path(str(files("grpc_tools") / "_proto")),
    ]


def descriptor_set(root: DescFile) -> descriptor_pb2.FileDescriptorSet:
    """The file with all of its imports, imports first."""
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
    """Paths that differ between two folders, Python's caches aside."""
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
