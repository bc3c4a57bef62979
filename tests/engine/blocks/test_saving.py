"""Blocks saved and loaded through a real store."""

import json
import sqlite3
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from flowtui.blocks import Block, Secret, SecretDict, Webhook
from flowtui.engine.blocks.sentences import BlockFieldError
from flowtui.engine.client.current import close_current_client, use_client
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import BlockError, NotFound
from flowtui.engine.settings import Settings
from tests.support import clean_environment, run_python

URL = "https://example.com/tok3n-sesame"


@pytest.fixture(autouse=True)
def store(client: LocalClient) -> Iterator[LocalClient]:
    """This test's store is the one that `Block.save` uses."""
    use_client(client)
    yield client
    close_current_client()


class Database(Block):
    """Where a database is."""

    host: str
    port: int = 5432
    password: SecretStr | None = None
    options: SecretDict = SecretDict({})


def test_what_is_saved_is_loaded() -> None:
    Secret(value={"a": [1, 2.5, None]}).save("api-key")
    assert Secret.load("api-key").get() == {"a": [1, 2.5, None]}
    assert Secret.load("secret/api-key").get() == {"a": [1, 2.5, None]}
    loaded = Block.load("secret/api-key")
    assert isinstance(loaded, Secret)
    assert loaded.get() == {"a": [1, 2.5, None]}


def test_a_type_of_one_s_own_is_saved_like_a_built_in_one(store: LocalClient) -> None:
    Database(host="db", password=SecretStr("hunter2"), options=SecretDict({"sslkey": "hunter3", "n": 4})).save("main")
    loaded = Database.load("main")
    assert loaded.password is not None
    assert (loaded.host, loaded.port, loaded.password.get_secret_value()) == ("db", 5432, "hunter2")
    assert loaded.options.get_secret_value() == {"sslkey": "hunter3", "n": 4}
    shown = store.read_block("database", "main").data
    assert shown == {
        "host": "db", "port": 5432, "password": "********", "options": {"sslkey": "********", "n": "********"},
    }  # fmt: skip


def test_a_taken_name_is_refused_unless_it_is_to_be_overwritten() -> None:
    first = Secret(value="1").save("key")
    with pytest.raises(BlockError, match="There is already a secret block 'key'"):
        Secret(value="2").save("key")
    assert Secret.load("key").get() == "1"
    assert Secret(value="2").save("key", overwrite=True) == first
    assert Secret.load("key").get() == "2"


def test_a_loaded_block_is_saved_under_its_own_name() -> None:
    Database(host="db").save("main")
    loaded = Database.load("main")
    loaded.port = 6000
    loaded.save(overwrite=True)
    assert Database.load("main").port == 6000
    with pytest.raises(BlockError, match="A block needs a name"):
        Database(host="db").save()


def test_a_deleted_block_is_gone() -> None:
    Secret(value="1").save("key")
    Secret.delete("key")
    with pytest.raises(NotFound, match=r"'secret/key'|'key'"):
        Secret.load("key")
    with pytest.raises(NotFound):
        Block.delete("secret/key")


def test_a_block_of_another_type_is_not_loaded_by_mistake() -> None:
    Secret(value="1").save("key")
    with pytest.raises(BlockError, match="'secret/key' is a Secret, not a Webhook"):
        Webhook.load("secret/key")
    with pytest.raises(BlockError, match="write type/key"):
        Block.load("key")
    with pytest.raises(NotFound):
        Webhook.load("key")


def test_a_document_that_no_longer_fits_says_so_and_can_still_be_read(store: LocalClient) -> None:
    class Old(Block):
        _block_type_slug = "drifted"
        place: str

    Old(place="x").save("one")

    class New(Block):
        _block_type_slug = "drifted"
        place: str
        size: int

    with pytest.raises(BlockFieldError, match=r"Block drifted/one: size is required\."):
        New.load("one")
    assert New.load("one", validate=False).place == "x"


def test_no_secret_lies_in_the_files_of_the_store(store: LocalClient, settings: Settings) -> None:
    Webhook.from_data({"url": URL, "headers": {"Authorization": "Bearer sesame"}}).save("hook")
    store.close()
    content = b"".join(path.read_bytes() for path in settings.home.rglob("*") if path.is_file())
    assert b"Authorization" in content  # the keys of headers may be seen, their values not
    assert b"sesame" not in content


def test_secrets_that_were_copied_to_another_block_do_not_open(store: LocalClient, settings: Settings) -> None:
    """Whoever can write to the database, but has no key, cannot make one block speak another's secrets."""
    Secret(value="the good one").save("good")
    Secret(value="the other one").save("other")
    with sqlite3.connect(settings.home / "flowtui.db") as raw:
        raw.execute(
            "UPDATE block_document SET secrets = (SELECT secrets FROM block_document WHERE name = 'good') "
            "WHERE name = 'other'"
        )
    raw.close()
    assert Secret.load("good").get() == "the good one"
    with pytest.raises(BlockError, match="copied from another block"):
        Secret.load("other")


def test_another_process_loads_what_this_one_saved(settings: Settings) -> None:
    Secret(value="from here").save("key")
    code = "import json; from flowtui.blocks import Secret; print(json.dumps(Secret.load('key').get()))"
    done = run_python("-c", code, env=clean_environment())
    assert json.loads(done.stdout) == "from here", done.stderr


def test_without_the_key_a_block_tells_what_to_do(store: LocalClient) -> None:
    Secret(value="x").save("key")
    done = run_python(
        "-c",
        "from flowtui.blocks import Secret\n"
        "try: Secret.load('key')\n"
        "except Exception as error: print(type(error).__name__, error)",
        env=clean_environment(FLOWTUI_ENCRYPTION_KEY="another"),
    )
    assert done.stdout.startswith("BlockError The secrets of secret block "), done.stderr
    assert "Set FLOWTUI_ENCRYPTION_KEY to the key with which they were saved" in done.stdout
