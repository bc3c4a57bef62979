"""Encrypt the secrets of blocks: AES-256-GCM, bound to the place where they are kept.

A sealed value is `version (1 byte) · key id (8) · nonce (12) · ciphertext and tag`. The place is authenticated with it,
`block type/document id/field group/key id`: a ciphertext that is copied to another block does not open there.
"""

import base64
import binascii
import contextlib
import hashlib
import json
import os
import secrets as chance
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from flowtui.engine.errors import BlockError
from flowtui.engine.settings import Settings

__all__ = ["KEY_FILE", "Vault", "open_secrets", "seal_secrets", "secrets_place"]

KEY_FILE: Final = "encryption.key"
_VERSION: Final = b"\x01"
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_HEADER: Final = len(_VERSION) + _ID_BYTES + _NONCE_BYTES


@dataclass(frozen=True, slots=True)
class _Key:
    """An AES key, and the name by which a ciphertext says that it needs this one."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        return hashlib.sha256(b"flowtui key id\x00" + self.secret).digest()[:_ID_BYTES]

    @property
    def name(self) -> str:
        return _short(self.id)


class Vault:
    """Seals and unseals with one key, which is read when it is first needed. Safe to use from any thread."""

    def __init__(self, given: str | None, file: Path) -> None:
        self._given, self._file = given, file
        self._key: _Key | None = None

    @classmethod
    def open(cls, settings: Settings) -> "Vault":
        """The vault of these settings. Their `encryption_key` is the key; without one it is kept in the home."""
        return cls(settings.encryption_key, settings.home / KEY_FILE)

    def key_id(self) -> str | None:
        """The name of the key, as error messages give it; None when there is none yet."""
        key = self._find_key()
        return key.name if key else None

    def seal(self, payload: bytes, associated: str) -> bytes:
        """Encrypt `payload` for the place `associated`. Makes the key file when there is none.

        Raises `BlockError` when the key cannot be read or made.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - 28 ms that only secrets pay

        key = self._find_key() or self._make_key()
        nonce = chance.token_bytes(_NONCE_BYTES)
        text = AESGCM(key.secret).encrypt(nonce, payload, _bound(associated, key))
        return _VERSION + key.id + nonce + text

    def unseal(self, sealed: bytes, associated: str) -> bytes:
        """What was sealed for the place `associated`.

        Raises `BlockError` when it was sealed with another key or for another place, or was changed since.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - comes with the next one
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - 28 ms that only secrets pay

        if len(sealed) <= _HEADER or sealed[:1] != _VERSION:
            raise BlockError(f"The secrets of {_block_of(associated)} are damaged: they are no sealed value.")
        key_id, nonce = sealed[1 : 1 + _ID_BYTES], sealed[1 + _ID_BYTES : _HEADER]
        key = self._find_key()
        if key is None or key.id != key_id:
            raise BlockError(self._wrong_key(associated, key_id, key))
        try:
            return AESGCM(key.secret).decrypt(nonce, sealed[_HEADER:], _bound(associated, key))
        except InvalidTag:
            raise BlockError(
                f"The secrets of {_block_of(associated)} do not open: they were changed, or copied from another "
                "block. Save the block again with its secrets."
            ) from None

    def _find_key(self) -> _Key | None:
        """The key, or None when it should be in a file that does not exist."""
        if self._key is None:
            self._key = _derived(self._given) if self._given else _read_key(self._file)
        return self._key

    def _make_key(self) -> _Key:
        _write_key(self._file, chance.token_bytes(_KEY_BYTES))
        key = self._find_key()
        if key is None:
            raise BlockError(f"The key file {self._file} vanished while it was made; try again.")
        return key

    def _wrong_key(self, associated: str, wanted: bytes, key: _Key | None) -> str:
        sealed_with = f"The secrets of {_block_of(associated)} were encrypted with key {_short(wanted)}"
        cure = "Set FLOWTUI_ENCRYPTION_KEY to the key with which they were saved, or save the block again."
        if key is None:
            return f"{sealed_with}, and there is no key file {self._file}. {cure}"
        source = "FLOWTUI_ENCRYPTION_KEY" if self._given else str(self._file)
        return f"{sealed_with}, but the one in {source} is {key.name}. {cure}"


# -- the secrets of a document -----------------------------------------------------------------------------------------


def secrets_place(type_slug: str, document_id: str) -> str:
    """What the secrets of a document are bound to."""
    return f"{type_slug}/{document_id}/secrets"


def seal_secrets(vault: Vault, type_slug: str, document_id: str, secrets: dict[str, Any]) -> bytes | None:
    """The bytes that the store keeps for a document's secrets; None when it has none. Raises `BlockError`."""
    return vault.seal(json.dumps(secrets).encode(), secrets_place(type_slug, document_id)) if secrets else None


def open_secrets(vault: Vault, type_slug: str, document_id: str, sealed: bytes | None) -> dict[str, Any]:
    """The inverse of `seal_secrets`. Raises `BlockError`."""
    if not sealed:
        return {}
    secrets: dict[str, Any] = json.loads(vault.unseal(sealed, secrets_place(type_slug, document_id)))
    return secrets


# -- keys --------------------------------------------------------------------------------------------------------------


def _bound(associated: str, key: _Key) -> bytes:
    return f"{associated}/{key.id.hex()}".encode()


def _short(key_id: bytes) -> str:
    return key_id.hex()[:8]


def _block_of(associated: str) -> str:
    slug, _, rest = associated.partition("/")
    return f"{slug} block {rest.partition('/')[0]}" if rest else f"block {slug}"


def _derived(text: str) -> _Key:
    """The key that a text stands for: 32 bytes in base64 as they are, anything else through HKDF."""
    raw = _from_base64(text)
    if raw is not None:
        return _Key(raw)
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - comes with the cipher
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - comes with the cipher

    return _Key(HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"flowtui block secrets").derive(text.encode()))


def _from_base64(text: str) -> bytes | None:
    try:
        raw = base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == _KEY_BYTES else None


def _read_key(file: Path) -> _Key | None:
    try:
        raw = _from_base64(file.read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BlockError(f"The key file {file} cannot be read: {error}.") from None
    if raw is None:
        raise BlockError(f"The key file {file} is damaged: it should hold 32 bytes in base64. Restore it from a copy.")
    return _Key(raw)


def _write_key(file: Path, raw: bytes) -> None:
    """Make the key file, readable by its owner only, unless it exists. It appears whole or not at all.

    Written beside it and linked into place: of two processes one link succeeds, and both then read that file.
    """
    beside = file.with_name(f".{file.name}.{os.getpid()}.{chance.token_hex(4)}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(base64.urlsafe_b64encode(raw) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(beside, file)
    except OSError as error:
        raise BlockError(
            f"The key file {file} cannot be made ({error.strerror or error}); set FLOWTUI_ENCRYPTION_KEY instead."
        ) from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
