"""Blocks within blocks, loaded by type and name, with methods, defaults and secrets."""

from typing import Any

from prefect import flow, task
from prefect.blocks.core import Block
from prefect.blocks.system import Secret
from pydantic import Field, SecretStr, field_validator


class Login(Block):
    """How to get in."""

    _block_type_name = "Login Data"
    user: str
    password: SecretStr


class Store(Block):
    """A place for data."""

    login: Login
    bucket: str = Field(default="raw", title="Bucket")
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("bucket")
    @classmethod
    def lower(cls, value):
        return value.lower()

    def address(self):
        return f"{self.login.user}:{len(self.login.password.get_secret_value())}@{self.bucket}"


@task
def use(name):
    store = Store.load(name)
    return store.address(), store.options


@flow
def nested():
    login = Login(user="ada", password="lovelace")
    Store(login=login, bucket="RAW-DATA", options={"retries": 3}).save("main")
    print(use("main"))
    again = Block.load("store/main")
    print(type(again).__name__, type(again.login).__name__, again.login.password)
    login.save("ada")
    print(Block.load("login-data/ada").user)
    changed = Store.load("main")
    changed.bucket = "other"
    changed.save("main", overwrite=True)
    print(Store.load("main").address())
    Secret(value={"user": "ada", "keys": [1, 2]}).save("many")
    print(Secret.load("many").get()["keys"])
    Secret.delete("many")
    try:
        Secret.load("many")
    except ValueError:
        print("gone")


nested()
