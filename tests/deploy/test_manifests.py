"""The image, compose and Kubernetes files: valid by their schemas, restricted, consistent."""

import ipaddress
import json
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import compose_spec
import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import typer
import yaml
from redis import Redis
from redis.exceptions import ConnectionError as NotThere

from services.app import SETTINGS
from services.chassis.database.embedded import OPTIONS, EmbeddedValkey
from services.cli.commands import backup
from services.edge.envoy import validate
from services.events.model.endpoints import GLOBAL_UNICAST, SPECIAL_IPV4, SPECIAL_IPV6
from tests.deploy.manifests import BIN, Document, of_kind, rendered, settings_of
from tests.deploy.queries import DEPLOY
from tests.services.certificates import Authority

KUBERNETES = "1.37"
OVERLAYS = ("base", "overlays/single", "overlays/single-tls", "overlays/production")
WITH_TLS = ("overlays/single-tls", "overlays/production")
OF_OTHERS = ("cert-manager.io/v1", "gateway.networking.k8s.io/v1")
"""Kinds that an operator brings; Kubernetes itself has no schema of them."""
AUTHORITY = Authority("enrayon")
IMAGE = re.compile(r"(?P<name>[a-z]+(/[a-z]+)?):(?P<tag>[\w.-]+)(@sha256:[0-9a-f]{64})?")
KNOWN = {f"ENRAYON_{name.upper()}" for kind in SETTINGS for name in kind.model_fields}

WORKLOADS = ("Deployment", "StatefulSet", "CronJob")


@pytest.fixture(scope="module", params=OVERLAYS)
def documents(request) -> list[Document]:
    return rendered(request.param)


def pods(documents: list[Document]) -> dict[str, Document]:
    """The pod specification of each workload by its name."""
    found = {each["metadata"]["name"]: each["spec"] for each in of_kind(documents, *WORKLOADS)}
    return {
        name: spec.get("jobTemplate", {}).get("spec", spec)["template"]["spec"]
        for name, spec in found.items()
    }


def containers(documents: list[Document]) -> list[Document]:
    return [container for pod in pods(documents).values() for container in pod["containers"]]


def test_every_document_is_valid_for_kubernetes(documents):
    assert 20 < len(documents)
    for document in documents:
        if document["apiVersion"] not in OF_OTHERS:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_every_pod_is_restricted_and_has_a_read_only_root(documents):
    for pod in pods(documents).values():
        assert not pod["automountServiceAccountToken"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert 0 < pod["securityContext"]["runAsUser"]
        assert {"type": "RuntimeDefault"} == pod["securityContext"]["seccompProfile"]
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        for volume in pod["volumes"]:
            assert {"emptyDir", "configMap", "secret", "persistentVolumeClaim"} & set(volume)
    for container in containers(documents):
        assert {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        } == container["securityContext"]
        assert {"memory", "ephemeral-storage"} == set(container["resources"]["limits"])


def test_every_pod_is_probed(documents):
    for name, pod in pods(documents).items():
        for container in pod["containers"]:
            probes = {"startupProbe", "readinessProbe", "livenessProbe"} & set(container)
            assert len(probes) == (0 if "enrayon-backup" == name else 3)


def test_every_deployment_survives_the_loss_of_a_node(documents):
    budgets = {d["metadata"]["name"] for d in of_kind(documents, "PodDisruptionBudget")}
    scaled = {
        d["spec"]["scaleTargetRef"]["name"]: d["spec"]["minReplicas"]
        for d in of_kind(documents, "HorizontalPodAutoscaler")
    }
    for deployment in of_kind(documents, "Deployment"):
        name, spec = deployment["metadata"]["name"], deployment["spec"]
        assert name in budgets
        assert 2 <= scaled.get(name, spec.get("replicas"))
        assert ("replicas" in spec) == (name not in scaled), "two would fight over it"
        assert 0 == spec["strategy"]["rollingUpdate"]["maxUnavailable"]


def test_a_server_has_time_to_linger_and_to_drain(documents):
    settings = settings_of(documents)
    grace = pods(documents)["enrayon-services"]["terminationGracePeriodSeconds"]
    assert float(settings["ENRAYON_LINGER_S"]) + float(settings["ENRAYON_DRAIN_S"]) < grace


def test_secrets_are_named_and_never_given(documents):
    assert [] == of_kind(documents, "Secret")
    named = {
        variable["name"]: variable["valueFrom"]["secretKeyRef"]["key"]
        for container in containers(documents)
        for variable in container.get("env", ())
        if "valueFrom" in variable
    }
    assert {"ENRAYON_DATABASE_URL": "database-url", "ENRAYON_KEYS": "keys"}.items() <= named.items()


def test_nobody_talks_to_anybody_unless_a_policy_says_so(documents):
    policies = {d["metadata"]["name"]: d["spec"] for d in of_kind(documents, "NetworkPolicy")}
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} == policies["enrayon-nothing"]
    open_to_all = [
        name
        for name, spec in policies.items()
        if any("from" not in rule for rule in spec.get("ingress", ()))
        or any("to" not in rule for rule in spec.get("egress", ()))
    ]
    by_gateway = any("Gateway" == document["kind"] for document in documents)
    assert ([] if by_gateway else ["enrayon-envoy"]) == open_to_all


def test_webhooks_reach_what_the_suite_itself_takes_for_public(documents):
    [policy] = [
        d["spec"]
        for d in of_kind(documents, "NetworkPolicy")
        if d["metadata"]["name"] == "enrayon-worker"
    ]
    [rule] = policy["egress"]
    blocks = {each["ipBlock"]["cidr"]: {*each["ipBlock"]["except"]} for each in rule["to"]}
    assert {
        "0.0.0.0/0": {*map(str, SPECIAL_IPV4)},
        str(GLOBAL_UNICAST): {*map(str, SPECIAL_IPV6)},
    } == blocks


def test_the_database_is_named_by_single_addresses():
    documents = rendered("overlays/production")
    [policy] = [
        d["spec"]
        for d in of_kind(documents, "NetworkPolicy")
        if d["metadata"]["name"] == "enrayon-database"
    ]
    [rule] = policy["egress"]
    assert 3 <= len(rule["to"])
    for each in rule["to"]:
        assert 1 == ipaddress.ip_network(each["ipBlock"]["cidr"]).num_addresses


def compose() -> Document:
    document: Document = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return document


def test_compose_is_valid_and_its_containers_are_restricted():
    document = compose()
    compose_spec.ComposeSpecification.model_validate(document)  # type: ignore[attr-defined]
    for service in document["services"].values():
        assert service["read_only"]
        assert ["ALL"] == service["cap_drop"]
        assert ["no-new-privileges:true"] == service["security_opt"]
        assert service.get("profiles") or service["healthcheck"]["test"]
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")


def test_every_setting_that_is_set_exists():
    texts = [*DEPLOY.glob("Dockerfile"), *DEPLOY.rglob("*.yaml"), *DEPLOY.rglob("*.conf")]
    named = {name for path in texts for name in re.findall(r"\bENRAYON_[A-Z_]+", path.read_text())}
    assert 10 < len(named)
    assert set() == named - KNOWN


def test_images_have_usual_names_and_a_version():
    named = [service["image"] for service in compose()["services"].values()]
    named += [
        each["image"]
        for folder in ("base", "overlays/single")
        for each in containers(rendered(folder))
    ]
    named += re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    for image in named:
        found = IMAGE.fullmatch(image)
        assert found, image
        assert "latest" != found["tag"]


def test_production_starts_an_image_by_its_digest_alone():
    """The placeholder is a digest that no registry has; a tag would start whatever it names."""
    images = {each["image"] for each in containers(rendered("overlays/production"))}
    [image] = images
    assert re.fullmatch(r"[a-z0-9./-]+@sha256:[0-9a-f]{64}", image)


def test_the_image_is_built_as_it_should_be():
    done = subprocess.run([BIN / "hadolint", DEPLOY / "Dockerfile"], capture_output=True, text=True)
    assert (0, "") == (done.returncode, done.stdout)
    text = (DEPLOY / "Dockerfile").read_text()
    installs = re.findall(r"pip install (.*)", text)
    assert all("--require-hashes" in each or "--no-index" in each for each in installs), installs
    assert "USER 10001:10001" in text


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "requirements-build.lock", "requirements-extras.lock"]
)
def test_a_lock_has_hashes_and_no_address(lock):
    text = (DEPLOY / lock).read_text()
    pinned = re.findall(r"^[a-z0-9][\w.\[\],-]*==\S+", text, re.MULTILINE)
    assert pinned
    assert len(pinned) == len(re.findall(r"^\S.* \\$", text, re.MULTILINE))
    assert "://" not in text


def test_the_store_of_a_cluster_runs_as_the_embedded_one():
    single = DEPLOY / "kubernetes" / "overlays" / "single" / "valkey.conf"
    assert (DEPLOY / "valkey" / "valkey.conf").read_text() == single.read_text()
    lines = [line.split(maxsplit=1) for line in single.read_text().splitlines() if line]
    given = {words[0]: words[1].strip('"') for words in lines if words[0][0] != "#"}
    ours = {name: value for name, value in OPTIONS.items() if name in given}
    assert ours == {name: value for name, value in given.items() if name in ours}
    assert set(OPTIONS) == set(ours)


def test_compose_makes_envoy_the_door(tmp_path):
    environment = compose()["services"]["envoy"]["environment"]
    told = subprocess.run(
        [sys.executable, "-m", "services.cli", "envoy", "--print"],
        env={**environment, "ENRAYON_KEYS": "", "ENRAYON_HOST": "0.0.0.0", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    config = tmp_path / "envoy.json"
    config.write_text(told)
    validate(config)
    endpoints = {
        cluster["name"]: cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
        for cluster in json.loads(told)["static_resources"]["clusters"]
    }
    services = endpoints["services"]["address"]["socket_address"]
    assert ("services", 50051) == (services["address"], services["port_value"])


def test_no_network_of_strangers_may_tell_addresses():
    """The services know the edge by its secret, not by a range that others have too."""
    texts = [*DEPLOY.glob("compose.yaml"), *(DEPLOY / "kubernetes").rglob("*.yaml")]
    assert [] == [path for path in texts if "ENRAYON_TRUSTED_PROXIES" in path.read_text()]
    for documents in map(rendered, OVERLAYS):
        for name in ("enrayon-services", "enrayon-envoy"):
            [container] = pods(documents)[name]["containers"]
            secrets = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in container["env"]}
            assert "edge-secret" == secrets["ENRAYON_EDGE_SECRET"]["key"]
    assert {"services", "envoy"} <= {
        name
        for name, service in compose()["services"].items()
        if "ENRAYON_EDGE_SECRET" in service["environment"]
    }


def test_only_the_edge_reaches_the_services(documents):
    [policy] = [
        d["spec"]
        for d in of_kind(documents, "NetworkPolicy")
        if "enrayon-services" == d["metadata"]["name"]
    ]
    [rule] = policy["ingress"]
    [source] = rule["from"]
    [term] = source["podSelector"]["matchExpressions"]
    assert ["envoy", "application"] == term["values"]


def test_logs_and_memory_of_compose_have_a_bound():
    for service in compose()["services"].values():
        assert {"max-size", "max-file"} <= set(service["logging"]["options"])
        assert service["mem_limit"].endswith("g")


def test_a_backup_is_made_every_night_with_a_key_that_no_other_pod_has(documents):
    [job] = of_kind(documents, "CronJob")
    assert re.fullmatch(r"\d+ \d+ \* \* \*", job["spec"]["schedule"])
    assert "Forbid" == job["spec"]["concurrencyPolicy"]
    with_key = {
        name: volume["secret"]
        for name, pod in pods(documents).items()
        for volume in pod["volumes"]
        if "enrayon-backup-key" == volume.get("secret", {}).get("secretName")
    }
    assert {"enrayon-backup"} == set(with_key)
    [container] = pods(documents)["enrayon-backup"]["containers"]
    given = {each["name"]: each.get("value") for each in container["env"]}
    mounts = {each["name"]: each for each in container["volumeMounts"]}
    assert mounts["key"]["readOnly"]
    assert f"{mounts['key']['mountPath']}/backup.key" == given["ENRAYON_BACKUP_KEY_FILE"]
    claims = of_kind(documents, "PersistentVolumeClaim")
    assert ["enrayon-backups"] == [each["metadata"]["name"] for each in claims]
    assert_backs_up(container["args"], mounts["backups"]["mountPath"])


def test_compose_backs_up_with_a_key_that_no_other_container_has():
    document = compose()
    service = document["services"]["backup"]
    assert ["backup"] == service["profiles"], "it does not start with the suite"
    [secret] = service["secrets"]
    assert document["secrets"][secret]["file"].endswith(".key")
    assert f"/run/secrets/{secret}" == service["environment"]["ENRAYON_BACKUP_KEY_FILE"]
    assert ["backup"] == [name for name, each in document["services"].items() if "secrets" in each]
    [volume] = service["volumes"]
    assert_backs_up(service["command"], volume.partition(":")[2])


def assert_backs_up(words: list[str], folder: str) -> None:
    """The command keeps a bounded number of backups in a folder, which the image has."""
    name, *rest = words
    app = typer.Typer()
    backup.register(app)
    group = typer.main.get_group(app)
    with group.commands[name].make_context(name, rest) as context:
        assert (Path(folder), False) == (context.params["file"], context.params["make_key"])
        assert 7 <= context.params["keep"]
    [install] = re.findall(r"install --directory .*", (DEPLOY / "Dockerfile").read_text())
    assert folder in install.split()


@pytest.mark.parametrize("folder", WITH_TLS)
def test_certificates_have_the_names_that_are_asked_for(folder):
    documents = rendered(folder)
    settings = settings_of(documents)
    certificates = {d["spec"]["secretName"]: d["spec"] for d in of_kind(documents, "Certificate")}
    for setting, role in (("SERVICES", "services"), ("APP", "application")):
        host = settings[f"ENRAYON_EDGE_{setting}"].partition(":")[0]
        certificate = certificates[mounted(documents, f"enrayon-{role}", "/tls")]
        assert host in certificate["dnsNames"]
        assert "server auth" in certificate["usages"]
    clients = [certificates[f"enrayon-{role}-tls"] for role in ("envoy", "application")]
    assert all("client auth" in each["usages"] for each in clients)
    assert [each["commonName"] for each in clients] == json.loads(settings["ENRAYON_TLS_PROXIES"])
    made = {"enrayon-self-signed", "enrayon-authority", "public"}
    assert {each["issuerRef"]["name"] for each in certificates.values()} <= made


@pytest.mark.parametrize("folder", WITH_TLS)
def test_every_connection_of_the_edge_has_tls(folder, tmp_path):
    documents = rendered(folder)
    key, certificate = AUTHORITY.issued("localhost")
    for name in ("tls", "public-tls"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tls.key").write_bytes(key)
        (tmp_path / name / "tls.crt").write_bytes(certificate)
        (tmp_path / name / "ca.crt").write_bytes(AUTHORITY.certificate)
    environment = {
        name: re.sub(r"^/(?=(public-)?tls/)", f"{tmp_path}/", value)
        for name, value in settings_of(documents).items()
    }
    told = subprocess.run(
        [sys.executable, "-m", "services.cli", "envoy", "--print"],
        env={**environment, "ENRAYON_EDGE_SECRET": "between us", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    config = tmp_path / "envoy.json"
    config.write_text(told)
    validate(config)
    resources = json.loads(told)["static_resources"]
    [edge] = [each for each in resources["listeners"] if "edge" == each["name"]]
    assert "transport_socket" in edge["filter_chains"][0]
    plain = {each["name"] for each in resources["clusters"] if "transport_socket" not in each}
    assert {"admin"} == plain, "a socket in Envoy's own folder"


@pytest.mark.parametrize("folder", WITH_TLS)
def test_no_probe_expects_plain_text_of_a_port_with_tls(folder):
    documents = rendered(folder)
    for name, pod in pods(documents).items():
        for container in pod["containers"]:
            probes = [container[each] for each in container if each.endswith("Probe")]
            assert not any("grpc" in probe for probe in probes)
            schemes = {p["httpGet"].get("scheme") for p in probes if "httpGet" in p}
            assert not schemes or schemes == {"HTTPS" if name == "enrayon-application" else None}


@pytest.mark.parametrize("folder", WITH_TLS)
def test_who_uses_the_database_knows_its_authority(folder):
    documents = rendered(folder)
    for role in users_of_database(documents):
        assert "enrayon-database-ca" == mounted(documents, f"enrayon-{role}", "/database-ca")


def mounted(documents: list[Document], pod: str, path: str) -> str:
    """The name of the secret that a pod mounts at a path."""
    specification = pods(documents)[pod]
    [container] = specification["containers"]
    [volume] = [each["name"] for each in container["volumeMounts"] if each["mountPath"] == path]
    [secret] = [each["secret"] for each in specification["volumes"] if each["name"] == volume]
    return str(secret["secretName"])


def users_of_database(documents: list[Document]) -> set[str]:
    """The components that are given the database's address."""
    return {
        name.removeprefix("enrayon-")
        for name, pod in pods(documents).items()
        for container in pod["containers"]
        if any("ENRAYON_DATABASE_URL" == each["name"] for each in container.get("env", ()))
    }


def test_all_that_use_the_database_may_reach_it_and_no_others(documents):
    policies = {d["metadata"]["name"]: d["spec"] for d in of_kind(documents, "NetworkPolicy")}
    [term] = policies["enrayon-database"]["podSelector"]["matchExpressions"]
    assert users_of_database(documents) == set(term["values"])
    assert {"services", "worker", "backup"} == set(term["values"])


def test_valkey_lets_only_its_users_in():
    documents = rendered("overlays/single")
    [policy] = [d for d in of_kind(documents, "NetworkPolicy") if "valkey" == d["metadata"]["name"]]
    [rule] = policy["spec"]["ingress"]
    [source] = rule["from"]
    [term] = source["podSelector"]["matchExpressions"]
    assert users_of_database(documents) == set(term["values"])


def scripts() -> list[str]:
    """What compose and Kubernetes have a shell do to start Valkey."""
    valkey = compose()["services"]["valkey"]
    of_compose = valkey["command"][2].replace("$$", "$")
    [container] = pods(rendered("overlays/single"))["valkey"]["containers"]
    return [of_compose, container["command"][2]]


@pytest.mark.parametrize("number", [0, 1], ids=["compose", "kubernetes"])
def test_the_password_of_valkey_is_in_no_command(number, tmp_path):
    program = EmbeddedValkey(tmp_path).command()[0]
    (tmp_path / "valkey-server").symlink_to(program)
    config = tmp_path / "valkey.conf"
    config.write_text((DEPLOY / "valkey" / "valkey.conf").read_text())
    socket = tmp_path / "valkey.sock"
    with config.open("a") as file:
        file.write(f"port 0\nunixsocket {socket}\ndir {tmp_path}\n")
    script = re.sub(r"/etc/valkey/\S+\.conf", str(config), scripts()[number])
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "VALKEYCLI_AUTH": "between us"}
    with subprocess.Popen(
        ["sh", "-c", script], env=environment, stdout=subprocess.DEVNULL
    ) as server:
        try:
            with Redis(unix_socket_path=str(socket), password="between us") as redis:
                for _ in range(200):
                    with suppress(NotThere):
                        if redis.ping():
                            break
                    time.sleep(0.05)
                assert "1572864000" == redis.config_get("maxmemory")["maxmemory"]
            command = Path(f"/proc/{server.pid}/cmdline").read_bytes()
            assert b"valkey-server" in command
            assert b"between us" not in command
        finally:
            server.terminate()
