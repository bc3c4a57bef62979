"""Blocks: a secret, and a type of one's own with a method."""

from typing import Optional

from prefect import flow, task
from prefect.blocks.core import Block
from prefect.blocks.system import Secret
from pydantic import Field, SecretStr


class Warehouse(Block):
    """Where the data goes."""

    _block_type_name = "Acme Warehouse"

    host: str = "localhost"
    port: int = Field(default=5432, description="The port")
    password: Optional[SecretStr] = None

    def url(self) -> str:
        word = self.password.get_secret_value() if self.password else ""
        return f"acme://{self.host}:{self.port}?p={len(word)}"


@task
def connect():
    warehouse = Warehouse.load("main")
    return warehouse.url(), repr(warehouse.password)


@flow
def with_blocks():
    Secret(value="s3cret").save("api-key", overwrite=True)
    Warehouse(host="db.example.org", port="6000", password="pass").save(name="main")
    print(connect())
    secret = Secret.load("api-key")
    print(secret.get(), "s3cret" in str(secret))
    print(Warehouse.get_block_type_slug())
    try:
        Warehouse.load("none")
    except ValueError as error:
        print("missing:", "none" in str(error))
    try:
        Warehouse(host="other").save("main")
    except ValueError:
        print("name is taken")
    Warehouse(host="other").save("main", overwrite=True)
    print(Warehouse.load("main").host)


with_blocks()
