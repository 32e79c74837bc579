"""The Kubernetes files as `kubectl apply -k` would send them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.queries import DEPLOY

BIN = Path(sys.executable).parent

Document = dict[str, Any]


def rendered(folder: str) -> list[Document]:
    """What `kubectl apply -k` would send."""
    command = [BIN / "kubectl", "kustomize", DEPLOY / "kubernetes" / folder]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return list(yaml.safe_load_all(told))


def of_kind(documents: list[Document], *kinds: str) -> list[Document]:
    """The documents of some kinds."""
    return [document for document in documents if document["kind"] in kinds]


def settings_of(documents: list[Document]) -> dict[str, str]:
    """The settings that all pods share."""
    [found] = [d["data"] for d in of_kind(documents, "ConfigMap") if "ENRAYON_HOST" in d["data"]]
    return dict(found)
