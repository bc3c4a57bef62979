"""The vault: what is sealed opens with its key, in its place, and nowhere else."""

import base64
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from flowtui.engine.blocks.vault import KEY_FILE, Vault, open_secrets, seal_secrets
from flowtui.engine.errors import BlockError
from flowtui.engine.settings import Settings
from tests.support import clean_environment, wait_until

PLACE = "secret/0192/secrets"


def given_key(settings: Settings, key: str) -> Vault:
    return Vault.open(replace(settings, encryption_key=key))


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.binary(max_size=500), key=st.text(min_size=1, max_size=60), place=st.text(max_size=60))
def test_any_payload_opens_with_any_text_as_key(settings: Settings, payload: bytes, key: str, place: str) -> None:
    sealed = given_key(settings, key).seal(payload, place)
    assert given_key(settings, key).unseal(sealed, place) == payload
    assert len(payload) < 4 or payload not in sealed


def test_the_same_payload_is_never_sealed_to_the_same_bytes(settings: Settings) -> None:
    vault = Vault.open(settings)
    assert vault.seal(b"x", PLACE) != vault.seal(b"x", PLACE)


def test_a_key_of_32_bytes_in_base64_is_used_as_it_is(settings: Settings) -> None:
    raw = bytes(range(32))
    written = base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()
    sealed = given_key(settings, written[0]).seal(b"x", PLACE)
    assert given_key(settings, written[1]).unseal(sealed, PLACE) == b"x"


def test_the_key_file_holds_what_the_environment_may_hold(settings: Settings) -> None:
    """So a team can copy the key of one machine into FLOWTUI_ENCRYPTION_KEY of another."""
    sealed = Vault.open(settings).seal(b"x", PLACE)
    text = (settings.home / KEY_FILE).read_text()
    assert given_key(settings, text).unseal(sealed, PLACE) == b"x"


def test_the_key_file_is_readable_by_its_owner_only(settings: Settings) -> None:
    before = os.umask(0)
    try:
        Vault.open(settings).seal(b"x", PLACE)
    finally:
        os.umask(before)
    assert stat.S_IMODE((settings.home / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in settings.home.iterdir()] == [KEY_FILE]


def test_opening_a_vault_and_reading_from_it_make_no_key(settings: Settings) -> None:
    sealed = given_key(settings, "elsewhere").seal(b"x", PLACE)
    with pytest.raises(BlockError, match="there is no key file"):
        Vault.open(settings).unseal(sealed, PLACE)
    assert not settings.home.exists()


def test_another_key_is_told_from_damage(settings: Settings) -> None:
    sealed = given_key(settings, "first").seal(b"hush", PLACE)
    with pytest.raises(BlockError) as caught:
        given_key(settings, "second").unseal(sealed, PLACE)
    first, second = (given_key(settings, name).key_id() for name in ("first", "second"))
    assert str(caught.value) == (
        f"The secrets of secret block 0192 were encrypted with key {first}, but the one in FLOWTUI_ENCRYPTION_KEY is "
        f"{second}. Set FLOWTUI_ENCRYPTION_KEY to the key with which they were saved, or save the block again."
    )


@pytest.mark.parametrize("other", ["secret/0193/secrets", "webhook/0192/secrets", "secret/0192/other"])
def test_a_ciphertext_that_was_moved_does_not_open(settings: Settings, other: str) -> None:
    vault = Vault.open(settings)
    with pytest.raises(BlockError, match="copied from another block"):
        vault.unseal(vault.seal(b"hush", PLACE), other)


@pytest.mark.parametrize("position", [9, 15, -1])
def test_a_changed_byte_is_noticed(settings: Settings, position: int) -> None:
    vault = Vault.open(settings)
    sealed = bytearray(vault.seal(b"hush", PLACE))
    sealed[position] ^= 1
    with pytest.raises(BlockError, match="do not open"):
        vault.unseal(bytes(sealed), PLACE)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x02" + bytes(60), b"gAAAAAB plain text of some other kind"])
def test_what_was_never_sealed_is_called_damaged(settings: Settings, sealed: bytes) -> None:
    with pytest.raises(BlockError, match="are damaged"):
        Vault.open(settings).unseal(sealed, PLACE)


def test_a_damaged_key_file_is_named_and_left_alone(settings: Settings) -> None:
    settings.home.mkdir()
    (settings.home / KEY_FILE).write_text("short")
    with pytest.raises(BlockError, match=r"encryption\.key is damaged"):
        Vault.open(settings).seal(b"x", PLACE)
    assert (settings.home / KEY_FILE).read_text() == "short"


def test_a_home_that_is_a_file_gives_a_sentence(settings: Settings) -> None:
    settings.home.write_text("not a folder")
    with pytest.raises(BlockError, match=r"cannot be (made|read)"):
        Vault.open(settings).seal(b"x", PLACE)


def test_a_vault_never_shows_its_key(settings: Settings) -> None:
    vault = given_key(settings, "open sesame")
    vault.seal(b"x", PLACE)
    assert "sesame" not in repr(vault) + repr(vault._key)


def test_secrets_of_a_document_keep_their_values_and_types(settings: Settings) -> None:
    secrets = {"/value": {"a": [1, 1.0, True, None, "\ud800", 2**70]}, "/headers/X.Y~1": ""}
    vault = Vault.open(settings)
    sealed = seal_secrets(vault, "secret", "0192", secrets)
    opened = open_secrets(vault, "secret", "0192", sealed)
    assert repr(opened) == repr(secrets)
    assert seal_secrets(vault, "secret", "0192", {}) is None
    assert open_secrets(vault, "secret", "0192", None) == {}


RACER = """
import sys, time
from pathlib import Path
from flowtui.engine.blocks.vault import Vault
from flowtui.engine.settings import current_settings
home, mine = current_settings().home, sys.argv[1]
vault = Vault.open(current_settings())
import cryptography.hazmat.primitives.ciphers.aead
(home / f"ready-{mine}").touch()
while not (home / "go").exists():
    time.sleep(0.0005)
(home / f"sealed-{mine}").write_bytes(vault.seal(b"from " + mine.encode(), "race"))
"""


def test_processes_that_make_the_key_at_once_agree_on_one(settings: Settings) -> None:
    """Whoever comes second uses the key of the first: what each sealed opens with the key that stayed."""
    home: Path = settings.home
    home.mkdir()
    racers = [
        subprocess.Popen([sys.executable, "-c", RACER, str(number)], env=clean_environment(home)) for number in range(6)
    ]
    try:
        wait_until(lambda: len(list(home.glob("ready-*"))) == len(racers), 40, "the racers")
        (home / "go").touch()
        assert [racer.wait(timeout=30) for racer in racers] == [0] * len(racers)
    finally:
        for racer in racers:
            racer.kill()
            racer.wait()
    vault = Vault.open(settings)
    opened = {vault.unseal(path.read_bytes(), "race") for path in home.glob("sealed-*")}
    assert opened == {f"from {number}".encode() for number in range(6)}
    assert not list(home.glob(".encryption.key.*"))
