"""Types of blocks: their names, schemas and secrets, and the registry that knows them."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, JsonValue, SecretBytes, SecretStr
from pydantic import Secret as Hidden

from flowtui.blocks import Block, Secret, SecretDict, Webhook
from flowtui.engine.blocks.documents import split_secrets
from flowtui.engine.blocks.names import block_name, name_problem, slugify, split_reference
from flowtui.engine.blocks.registry import block_types, find_class
from flowtui.engine.errors import BlockError
from tests.support import run_python


class Login(BaseModel):
    """A part of a block that has a secret of its own."""

    user: str
    password: SecretStr = SecretStr("hunter2")


class Everything(Block):
    """Every way to hold a secret.

    Only the first paragraph describes it.
    """

    plain: str = "p"
    text: SecretStr
    perhaps: SecretStr | None = None
    old_style: Optional[Annotated[SecretStr, Field(min_length=1)]] = None  # noqa: UP045 - people write it
    raw: SecretBytes = SecretBytes(b"hunter2")
    anything: Hidden[JsonValue] = Hidden[JsonValue](None)
    number: Hidden[int] = Hidden[int](4711)
    by_key: SecretDict = SecretDict({})
    many: list[SecretStr] = []
    mapped: Mapping[str, SecretStr | int] = {}
    login: Login | None = Login(user="u", password=SecretStr("hunter2"))
    logins: dict[str, list[Login]] = {}
    json_value: JsonValue = None
    renamed: SecretStr = Field(default=SecretStr("hunter2"), alias="as")


def test_secrets_are_found_at_every_depth() -> None:
    assert Everything.get_block_schema()["secret_fields"] == [
        "anything", "as", "by_key.*", "login.password", "logins.*.*.password", "many.*", "mapped.*", "number",
        "old_style", "perhaps", "raw", "text",
    ]  # fmt: skip


def test_no_default_of_a_secret_is_told() -> None:
    schema = Everything.get_block_schema()
    assert "hunter2" not in repr(schema)
    assert "4711" not in repr(schema)
    assert "*****" not in repr(schema)
    defaults = {name: node.get("default", "none") for name, node in schema["properties"].items()}
    assert defaults["raw"] == defaults["number"] == defaults["as"] == "none"
    assert defaults["by_key"] == {}
    assert defaults["perhaps"] is None


def test_each_secret_property_says_so_itself() -> None:
    properties = Everything.get_block_schema()["properties"]
    assert all(properties[name]["writeOnly"] for name in ("text", "anything", "number", "as"))
    assert properties["by_key"]["additionalProperties"]["writeOnly"]
    assert "writeOnly" not in properties["plain"]


def test_a_schema_may_be_changed_by_its_reader() -> None:
    Everything.get_block_schema()["properties"].clear()
    assert Everything.get_block_schema()["properties"]


def test_the_plain_data_of_a_block_holds_its_secrets_and_nothing_but_json() -> None:
    block = Everything.model_validate(
        {"text": "t", "by_key": {"k": 1}, "logins": {"a": [{"user": "u", "password": "w"}]}, "as": "r", "many": ["m"]}
    )
    data = block.plain_data()
    assert data["text"] == "t"
    assert data["by_key"] == {"k": 1}
    assert data["logins"] == {"a": [{"user": "u", "password": "w"}]}
    assert data["as"] == "r"
    assert data["raw"] == "hunter2"
    assert Everything.from_data(data).plain_data() == data
    public, _ = split_secrets(Everything.get_block_schema(), data)
    assert public["logins"] == {"a": [{"user": "u", "password": "********"}]}
    assert "hunter2" not in repr(block)


def test_what_json_cannot_hold_is_refused_in_a_sentence() -> None:
    block = Everything(text=SecretStr("t"), raw=SecretBytes(b"\xff"), **{"as": SecretStr("r")})
    with pytest.raises(BlockError, match="This Everything cannot be saved as JSON"):
        block.plain_data()


def test_a_recursive_type_is_fine_until_it_holds_a_secret() -> None:
    class Tree(BaseModel):
        children: list["Tree"] = []

    class Chain(BaseModel):
        key: SecretStr
        next: Optional["Chain"] = None

    class HoldsTree(Block):
        tree: Tree
        note: SecretStr

    class HoldsChain(Block):
        chain: Chain

    Tree.model_rebuild(_types_namespace={"Tree": Tree})
    Chain.model_rebuild(_types_namespace={"Chain": Chain})
    assert HoldsTree.get_block_schema()["secret_fields"] == ["note"]
    with pytest.raises(BlockError, match="Chain holds itself and a secret"):
        HoldsChain.get_block_schema()
    slugs = {kind.slug for kind in block_types()}
    assert "holdstree" in slugs
    assert "holdschain" not in slugs


def test_a_field_that_json_schema_cannot_describe_is_named_in_a_sentence() -> None:
    class Calls(Block):
        back: Callable[[], None]

    with pytest.raises(BlockError, match="Calls cannot be a block type: Cannot generate"):
        Calls.get_block_schema()


def test_a_secret_that_no_dotted_name_can_point_at_is_refused() -> None:
    class Dotted(Block):
        key: SecretStr = Field(alias="a.b")

    with pytest.raises(BlockError, match=r"must not contain a dot"):
        Dotted.get_block_schema()


def test_a_type_is_called_after_its_class_unless_it_says_otherwise() -> None:
    class Mine(Block):
        """Keeps what is mine."""

    class Named(Mine):
        _block_type_name: ClassVar[str | None] = "My Named Thing"

    assert (Mine.get_block_type_name(), Mine.get_block_type_slug(), Mine.get_description()) == (
        "Mine", "mine", "Keeps what is mine.",
    )  # fmt: skip
    assert (Named.get_block_type_slug(), Named.get_description()) == ("my-named-thing", "")
    assert find_class("my-named-thing") is Named
    assert Everything.get_description() == "Every way to hold a secret."


def test_words_may_be_given_without_annotations() -> None:
    class Loose(Block):
        _block_type_name = "Loose One"
        _block_type_slug = "loose-1"
        _description = "Said here."

    assert (Loose.get_block_type_name(), Loose.get_block_type_slug()) == ("Loose One", "loose-1")
    assert Loose.get_description() == "Said here."
    assert Loose().plain_data() == {}


def test_a_file_that_is_loaded_twice_defines_its_type_once() -> None:
    def load() -> type[Block]:
        class Twice(Block):
            pass

        return Twice

    first, second = load(), load()
    assert first is not second
    assert find_class("twice") is second
    assert [kind.slug for kind in block_types()].count("twice") == 1


def test_a_built_in_type_cannot_be_taken_over() -> None:
    with pytest.raises(BlockError, match="'secret', which belongs to flowtui's own Secret"):

        class Fake(Block):
            _block_type_slug = "secret"

    assert find_class("secret") is Secret


def test_a_malformed_slug_is_refused_where_it_is_written() -> None:
    with pytest.raises(BlockError, match="cannot be a block type with the slug 'No Good'"):

        class Bad(Block):
            _block_type_slug = "No Good"


def test_the_catalogue_knows_the_built_in_types_with_their_words() -> None:
    known = {kind.slug: kind for kind in block_types()}
    assert known["secret"].name == "Secret"
    assert known["webhook"].schema["secret_fields"] == ["headers.*", "url"]
    assert all(known[slug].description.endswith(".") for slug in ("secret", "webhook"))
    assert list(known) == [kind.slug for kind in sorted(block_types(), key=lambda one: one.name.lower())]


@pytest.mark.parametrize("name", ["a", "api-key", "7", "a-1-b2"])
def test_good_names(name: str) -> None:
    assert block_name(name) == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "A block needs a name."),
        ("API Key", "'api-key' would do."),
        ("-a", "'a' would do."),
        ("a--b", "'a-b' would do."),
        ("é", "use lowercase letters, digits and single dashes"),
        ("a/b", "'a-b' would do."),
        ("a\n", "'a' would do."),
        ("x" * 201, "200 is the most"),
    ],
)
def test_bad_names_are_answered_with_a_better_one(name: str, words: str) -> None:
    assert words in (name_problem(name) or "")
    with pytest.raises(BlockError):
        block_name(name)


@given(st.text())
def test_a_slug_of_any_text_is_a_good_name_or_nothing(text: str) -> None:
    slug = slugify(text)
    assert slug == "" or name_problem(slug) is None
    assert slugify(slug) == slug


def test_references_name_a_type_or_not() -> None:
    assert split_reference("secret/api-key") == ("secret", "api-key")
    assert split_reference("api-key") == (None, "api-key")
    for wrong in ("", "/a", "Secret/a", "a/b/c", "secret/"):
        with pytest.raises(BlockError):
            split_reference(wrong)


def test_a_webhook_hides_its_address_and_headers_when_printed() -> None:
    hook = Webhook.from_data({"url": "https://a.b/tok3n", "headers": {"Authorization": "tok3n"}})
    assert "tok3n" not in repr(hook) + str(hook) + hook.model_dump_json()


def test_importing_flowtui_loads_neither_cryptography_nor_httpx() -> None:
    """Nor does knowing the types of blocks: only a secret that is sealed and a call that is made pay for them."""
    code = (
        "import sys, flowtui, flowtui.blocks; from flowtui.engine.blocks import documents, registry, vault; "
        "registry.block_types(); print(sorted({'cryptography', 'httpx', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = run_python("-c", code)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_the_client_s_part_of_blocks_does_without_pydantic() -> None:
    code = "import sys; from flowtui.engine.blocks import documents, registry, vault; print('pydantic' in sys.modules)"
    assert run_python("-c", code).stdout.strip() == "False"


def anything_json() -> Any:
    return st.none() | st.booleans() | st.integers() | st.text()


@given(st.dictionaries(st.text(min_size=1), anything_json()))
def test_headers_of_any_kind_are_secret_one_by_one(headers: dict[str, Any]) -> None:
    data = Webhook.from_data({"url": "http://a.b", "headers": headers}).plain_data()
    public, secrets = split_secrets(Webhook.get_block_schema(), data)
    assert set(public["headers"]) == set(headers)
    assert len(secrets) == 1 + sum(value is not None for value in headers.values())
