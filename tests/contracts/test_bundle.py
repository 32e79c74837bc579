"""From the bundle of contracts alone, other languages make stubs that compile."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.paths import ROOT

MODULE = "example.com/enrayon"
VALIDATE = "buf/validate/validate.proto"
UNREACHABLE = (
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ETIMEDOUT",
    "dial tcp",
    "i/o timeout",
    "Could not transfer artifact",
)
"""Parts of what npm, Go and Maven say where their registries cannot be reached."""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked bundle."""
    folder = tmp_path_factory.mktemp("bundle")
    made = [folder / "1.zip", folder / "2.zip"]
    for file in made:
        run([sys.executable, str(ROOT / "protos" / "generate.py"), "--bundle", str(file)], folder)
    assert made[0].read_bytes() == made[1].read_bytes()
    with zipfile.ZipFile(made[0]) as packed:
        packed.extractall(folder / "protos")
    return folder / "protos"


def run(command: list[str], folder: Path, **env: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    if done.returncode and any(word in done.stdout + done.stderr for word in UNREACHABLE):
        pytest.skip(f"the registry of {command[0]} cannot be reached")
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def contracts(bundle: Path) -> list[str]:
    """The contracts of enrayon, and protovalidate's, which they import."""
    found = (str(path.relative_to(bundle)) for path in (bundle / "enrayon").rglob("*.proto"))
    return [*sorted(found), VALIDATE]


def protoc(bundle: Path, *options: str) -> None:
    image = f"--descriptor_set_in={bundle / 'contracts.binpb'}"
    run([sys.executable, "-m", "grpc_tools.protoc", image, *options, *contracts(bundle)], bundle)


def test_python_makes_stubs_and_imports_them(bundle, tmp_path):
    protoc(bundle, f"--python_out={tmp_path}", f"--grpc_python_out={tmp_path}")
    program = (
        "from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc; "
        "from buf.validate import validate_pb2; "
        "print(stock_pb2.__file__, stock_pb2.DESCRIPTOR.services_by_name['StockService'].name)"
    )
    said = run([sys.executable, "-c", program], tmp_path, PYTHONPATH=str(tmp_path))

    assert f"{tmp_path}/enrayon/stock/v1/stock_pb2.py StockService\n" == said


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_typescript_makes_stubs_and_compiles_them(bundle, tmp_path):
    if shutil.which("npm") is None:
        pytest.skip("no npm here")
    packages = ["@bufbuild/protobuf@2", "@bufbuild/protoc-gen-es@2", "typescript@5"]
    (tmp_path / "package.json").write_text('{"name": "shop", "private": true, "type": "module"}')
    run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *packages], tmp_path)
    plugin = tmp_path / "node_modules" / ".bin" / "protoc-gen-es"
    out = tmp_path / "gen"
    out.mkdir()
    protoc(
        bundle, f"--plugin={plugin}", f"--es_out={out}", "--es_opt=target=ts,import_extension=js"
    )
    google = [str(path.relative_to(bundle)) for path in (bundle / "google").rglob("*.proto")]
    others = sorted(path for path in google if not path.startswith("google/protobuf/"))
    image = f"--descriptor_set_in={bundle / 'contracts.binpb'}"
    options = [f"--plugin={plugin}", f"--es_out={out}", "--es_opt=target=ts,import_extension=js"]
    run([sys.executable, "-m", "grpc_tools.protoc", image, *options, *others], bundle)
    (tmp_path / "shop.ts").write_text(
        'import { create, toJsonString } from "@bufbuild/protobuf";\n'
        'import { FindNearestStoresRequestSchema } from "./gen/enrayon/stores/v1/stores_pb.js";\n'
        "const request = create(FindNearestStoresRequestSchema, { pageSize: 3 });\n"
        "console.log(toJsonString(FindNearestStoresRequestSchema, request));\n"
    )
    strict = ["--strict", "--module", "nodenext", "--target", "es2022", "--skipLibCheck"]
    run(["npx", "--no-install", "tsc", *strict, "shop.ts"], tmp_path)

    assert '{"pageSize":3}\n' == run(["node", "shop.js"], tmp_path)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_go_makes_stubs_and_compiles_them(bundle, tmp_path):
    if shutil.which("go") is None:
        pytest.skip("no go here")
    (tmp_path / "go.mod").write_text(f"module {MODULE}\n\ngo 1.23\n")
    tools = tmp_path / "bin"
    env = {"GOBIN": str(tools), "GOFLAGS": "-mod=mod"}
    run(["go", "install", "google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.0"], tmp_path, **env)
    install = ["go", "install", "google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.5.1"]
    run(install, tmp_path, **env)
    out = tmp_path / "gen"
    out.mkdir()
    # The contracts name no Go package: each caller chooses its own.
    packages = [f"M{name}={MODULE}/gen/{name.rpartition('/')[0]}" for name in contracts(bundle)]
    options = [
        option
        for kind in ("go", "go-grpc")
        for option in (
            f"--plugin={tools / f'protoc-gen-{kind}'}",
            f"--{kind}_out={out}",
            f"--{kind}_opt=module={MODULE}/gen",
            *(f"--{kind}_opt={package}" for package in packages),
        )
    ]
    protoc(bundle, *options)
    (tmp_path / "main.go").write_text(
        "package main\n\nimport (\n"
        f'\t"fmt"\n\tstores "{MODULE}/gen/enrayon/stores/v1"\n)\n\n'
        "func main() {\n\trequest := &stores.FindNearestStoresRequest{PageSize: 3}\n"
        "\tfmt.Println(request.GetPageSize())\n}\n"
    )
    run(["go", "mod", "tidy"], tmp_path, **env)

    assert "3\n" == run(["go", "run", "."], tmp_path, **env)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_kotlin_makes_stubs_and_compiles_the_example_with_them(bundle, tmp_path):
    if shutil.which("mvn") is None:
        pytest.skip("no mvn here")
    source = tmp_path / "src" / "main"
    shutil.copytree(bundle, source / "proto")
    shutil.rmtree(source / "proto" / "google" / "protobuf")  # the compiler has them
    examples = (ROOT / "deploy" / "examples.md").read_text("utf-8")
    [example] = re.findall(r"```kotlin\n(.*?)```", examples, re.DOTALL)
    (source / "kotlin").mkdir()
    (source / "kotlin" / "Shop.kt").write_text(example)
    shutil.copy(Path(__file__).with_name("kotlin.xml"), tmp_path / "pom.xml")
    run(["mvn", "-q", "-B", "compile"], tmp_path)

    assert (tmp_path / "target" / "classes" / "ShopKt.class").is_file()
