"""A file that is signed and, if wanted, encrypted with a key that lies elsewhere.

The file is its content, then `MAGIC` and an HMAC-SHA-256 of both. Encrypted content is an age file
(https://age-encryption.org/v1), which the program `age` reads too, given the key.
"""

import hashlib
import hmac
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import BinaryIO, Protocol

import pyrage

MAGIC = b"enrayon-signed-1"
_TRAILER_BYTES = len(MAGIC) + hashlib.sha256().digest_size
_AGE = b"age-encryption.org/"
_CHUNK = 1024 * 1024


class SealError(Exception):
    """A file cannot be sealed or opened; the text says why and what to do."""


class SealKey:
    """The secret that signs and encrypts files: an age identity (X25519)."""

    def __init__(self, text: str, source: str) -> None:
        """Take the text of a key; its comments, as `age-keygen` writes them, do not count.

        Raises:
            SealError: the text, which came from `source`, is no key.
        """
        lines = [line.strip() for line in text.splitlines()]
        found = "".join(line for line in lines if not line.startswith("#"))
        try:
            self._identity = pyrage.x25519.Identity.from_str(found)
        except pyrage.IdentityError:
            raise SealError(f"{source} is not a backup key (AGE-SECRET-KEY-1...)") from None
        self._secret = hmac.digest(b"enrayon backup", found.encode(), "sha256")

    @classmethod
    def load(cls, path: Path) -> "SealKey":
        """Read the key in a file.

        Raises:
            SealError: there is no such file, or no key in it.
        """
        try:
            return cls(path.read_text(), str(path))
        except FileNotFoundError:
            raise SealError(f"there is no backup key {path}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise SealError(f"the backup key {path} cannot be read: {error}") from None

    @classmethod
    def make(cls, path: Path) -> "SealKey":
        """Write a new key into a file that only the owner can read.

        Raises:
            SealError: the file exists, or cannot be written.
        """
        text = str(pyrage.x25519.Identity.generate())
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(f"{text}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise SealError(f"the backup key {path} cannot be made: {error.strerror}") from None
        return cls(text, str(path))

    def signer(self) -> "hmac.HMAC":
        """A new computation of a signature."""
        return hmac.new(self._secret, digestmod="sha256")

    def encrypt(self, source: BinaryIO, target: "Target") -> None:
        """Encrypt a stream."""
        pyrage.encrypt_io(source, target, [self._identity.to_public()])

    def decrypt(self, source: BinaryIO, target: BinaryIO) -> None:
        """Decrypt a stream."""
        pyrage.decrypt_io(source, target, [self._identity])


class Target(Protocol):
    """A stream to write to."""

    def write(self, data: bytes, /) -> int:
        """Write all bytes."""

    def flush(self) -> None:
        """Write what is buffered."""


class _Signed:
    """Writes to a file, and signs what it writes."""

    def __init__(self, file: BinaryIO, key: SealKey) -> None:
        self._file, self._signer = file, key.signer()

    def write(self, data: bytes) -> int:
        self._signer.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def sign(self) -> None:
        self._signer.update(MAGIC)
        self._file.write(MAGIC + self._signer.digest())


@contextmanager
def sealing(file: BinaryIO, key: SealKey, *, is_encrypted: bool) -> Iterator[Target]:
    """Yields a stream whose content goes signed, and encrypted if wanted, into a file."""
    signed = _Signed(file, key)
    if is_encrypted:
        with _piped(lambda source: key.encrypt(source, signed)) as target:
            yield target
    else:
        yield signed
    signed.sign()


def verify(path: Path, key: SealKey) -> None:
    """Check the signature of a whole file.

    Raises:
        SealError: it has none, another key signed it, or it was altered.
        OSError: the file cannot be read.
    """
    signer = key.signer()
    with path.open("rb") as file:
        content, signature = _split(file)
        if not signature:
            raise SealError(
                f"{path} is not signed: it is from before backups were, or was cut off or altered. "
                "--unsigned takes it unchecked; do so only if nobody else could change it"
            )
        while chunk := file.read(min(_CHUNK, content - file.tell())):
            signer.update(chunk)
    _check(signer, signature, path)


@contextmanager
def opening(path: Path, key: SealKey | None, *, is_verified: bool = False) -> Iterator[BinaryIO]:
    """Yields the content of a file; with `is_verified`, checks the signature of it at the end.

    Raises:
        SealError: it is encrypted, and the key is missing or another one; or what was read was not
            signed with the key.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        content, signature = _split(file)
        signer = key.signer() if key and is_verified else None
        part = BufferedReader(_Part(file, content, signer))
        if not part.peek(len(_AGE)).startswith(_AGE):
            yield part
        elif key is None:
            raise SealError(f"{path} is encrypted; it needs its backup key")
        else:
            with _unpiped(lambda target: key.decrypt(part, target), path) as source:
                yield source
        if signer:
            while part.read(_CHUNK):
                pass
            _check(signer, signature, path)


def _check(signer: "hmac.HMAC", signature: bytes, path: Path) -> None:
    """Compare what was signed, and was read, with its signature."""
    signer.update(MAGIC)
    if not hmac.compare_digest(signer.digest(), signature):
        raise SealError(
            f"{path} was altered or damaged, or signed with another backup key. "
            "--unsigned takes it unchecked; do so only if nobody else could change it"
        )


def _split(file: BinaryIO) -> tuple[int, bytes]:
    """The length of the content and the signature, which is empty in an unsigned file."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TRAILER_BYTES))
    trailer = file.read()
    file.seek(0)
    if not trailer.startswith(MAGIC):
        return size, b""
    return size - _TRAILER_BYTES, trailer[len(MAGIC) :]


class _Part(RawIOBase):
    """The first bytes of a file; what is read of them goes to a signer too."""

    def __init__(self, file: BinaryIO, size: int, signer: "hmac.HMAC | None") -> None:
        self._file, self._left, self._signer = file, size, signer

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._file.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        if self._signer:
            self._signer.update(data)
        return len(data)


@contextmanager
def _piped(act: Callable[[BinaryIO], None]) -> Iterator[BinaryIO]:
    """Yields a stream; a thread acts on what is written to it."""
    failed: list[Exception] = []
    source, target = os.pipe()

    def run() -> None:
        try:
            with os.fdopen(source, "rb") as stream:
                act(stream)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="encrypts")
    thread.start()
    try:
        with os.fdopen(target, "wb") as stream:
            yield stream
    except BrokenPipeError:
        if not failed:
            raise
    finally:
        thread.join()
    if failed:
        raise failed[0]


@contextmanager
def _unpiped(act: Callable[[BinaryIO], None], path: Path) -> Iterator[BinaryIO]:
    """Yields what a thread writes as it acts."""
    failed: list[Exception] = []
    source, target = os.pipe()

    def run() -> None:
        try:
            with os.fdopen(target, "wb") as stream:
                act(stream)
        except pyrage.DecryptError as error:
            failed.append(SealError(f"{path} cannot be decrypted with this backup key: {error}"))
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="decrypts")
    thread.start()
    try:
        with os.fdopen(source, "rb") as stream:
            yield stream
    except Exception:
        thread.join()
        if failed:
            raise failed[0] from None
        raise
    finally:
        thread.join()
