"""What is signed can be trusted: unaltered, for its purpose, by a key of the ring."""

import base64
import hashlib
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.keyring import Key, Keyring, load_keyring
from services.chassis.settings import ChassisSettings

OLD, NEW = Key(1, b"o" * 32), Key(2, b"n" * 32)
RING = Keyring([NEW, OLD])

LOAD = """
import sys
from pathlib import Path
from services.chassis.keyring import load_keyring
from services.chassis.settings import ChassisSettings
settings = ChassisSettings(data_dir=Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(load_keyring(settings).sign("anchor", b"stores/a").hex())
"""


def configured(keys: str) -> ChassisSettings:
    return ChassisSettings(keys=keys, data_dir=Path("/nowhere"))


def encoded(key: Key) -> str:
    return f"{key.version}:{base64.b64encode(key.secret).decode()}"


@given(data=st.binary(max_size=100), purpose=st.text(max_size=20))
def test_what_was_signed_comes_back(data: bytes, purpose: str) -> None:
    assert RING.verify(purpose, RING.sign(purpose, data)) == data


@given(data=st.data(), content=st.binary(max_size=50))
def test_a_byte_altered_anywhere_is_refused(data: st.DataObject, content: bytes) -> None:
    signed = bytearray(RING.sign("receipt", content))
    position = data.draw(st.integers(0, len(signed) - 1))
    signed[position] ^= data.draw(st.integers(1, 255))
    assert RING.verify("receipt", bytes(signed)) is None


@given(content=st.binary(max_size=50), cut=st.integers(1, 67), more=st.binary(min_size=1))
def test_what_is_cut_or_longer_is_refused(content: bytes, cut: int, more: bytes) -> None:
    signed = RING.sign("receipt", content)
    assert RING.verify("receipt", signed[:-cut]) is None
    assert RING.verify("receipt", signed + more) is None


@given(forged=st.binary(max_size=100))
def test_what_nobody_signed_is_refused(forged: bytes) -> None:
    assert RING.verify("receipt", forged) is None


@pytest.mark.parametrize(("purpose", "other"), [("receipt", "anchor"), ("receipt", "receipt ")])
def test_what_is_signed_for_one_purpose_is_refused_for_another(purpose: str, other: str) -> None:
    assert RING.verify(other, RING.sign(purpose, b"stores/a")) is None


def test_after_a_change_of_keys_the_old_verifies_and_the_new_signs() -> None:
    by_old = Keyring([OLD]).sign("anchor", b"stores/a")
    assert RING.verify("anchor", by_old) == b"stores/a"
    by_new = RING.sign("anchor", b"stores/a")
    assert Keyring([NEW]).verify("anchor", by_new) == b"stores/a"
    assert Keyring([OLD]).verify("anchor", by_new) is None
    assert Keyring([NEW]).verify("anchor", by_old) is None
    assert RING.versions == [2, 1]


def test_another_secret_under_the_same_version_is_refused() -> None:
    signed = Keyring([Key(1, b"a" * 32)]).sign("anchor", b"stores/a")
    assert Keyring([Key(1, b"b" * 32)]).verify("anchor", signed) is None


def test_a_hash_is_by_each_key_the_current_first() -> None:
    [old], [new] = (Keyring([key]).hashes("device", b"phone-1") for key in (OLD, NEW))
    assert RING.hashes("device", b"phone-1") == [new, old]
    assert len({old, new, *RING.hashes("device", b"phone-2"), *RING.hashes("x", b"phone-1")}) == 6
    assert hashlib.sha256(b"phone-1").digest() not in (old, new)


def test_keys_come_from_the_settings_the_current_one_first() -> None:
    ring = load_keyring(configured(f"{encoded(NEW)}, {encoded(OLD)}"))
    assert ring.sign("anchor", b"x") == RING.sign("anchor", b"x")
    assert ring.versions == [2, 1]


@pytest.mark.parametrize(
    "keys",
    [
        "secret",
        "1:not base64!",
        "x:" + base64.b64encode(bytes(32)).decode(),
        "1:" + base64.b64encode(bytes(31)).decode(),
        "256:" + base64.b64encode(bytes(32)).decode(),
        "-1:" + base64.b64encode(bytes(32)).decode(),
        encoded(OLD) + ",",
    ],
)
def test_keys_that_are_none_are_refused_by_the_setting_and_not_quoted(keys: str) -> None:
    with pytest.raises(ValueError, match=r"^ENRAYON_KEYS: want ") as refused:
        load_keyring(configured(keys))
    assert keys not in str(refused.value)


@pytest.mark.parametrize("keys", [[], [OLD, Key(1, NEW.secret)]])
def test_a_ring_needs_a_key_and_each_version_once(keys: list[Key]) -> None:
    with pytest.raises(ValueError, match="each version once"):
        Keyring(keys)


def test_a_key_never_shows_its_secret() -> None:
    assert repr(OLD) == "Key(version=1)"


def test_the_kept_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    settings = ChassisSettings(data_dir=tmp_path / "new" / "data")
    signed = load_keyring(settings).sign("anchor", b"stores/a")
    assert load_keyring(settings).verify("anchor", signed) == b"stores/a"
    kept = settings.data_dir / "keys"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.data_dir.stat().st_mode) == 0o700
    assert [kept] == list(settings.data_dir.iterdir())


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    one, other = (load_keyring(ChassisSettings(data_dir=tmp_path / name)) for name in "ab")
    assert other.verify("anchor", one.sign("anchor", b"x")) is None


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", LOAD, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    signed = {process.communicate()[0] for process in processes}
    expected = load_keyring(ChassisSettings(data_dir=tmp_path)).sign("anchor", b"stores/a")
    assert signed == {expected.hex() + "\n"}
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_a_kept_key_that_is_broken_is_refused_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")
    with pytest.raises(ValueError, match=f"^{tmp_path / 'keys'}: want "):
        load_keyring(ChassisSettings(data_dir=tmp_path))
