"""What runs were carried out with: written in passing with task states and log lines, read by run."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from flowtui.engine.clock import from_micros, to_micros
from flowtui.engine.errors import NotFound
from flowtui.engine.provenance import BlockUse, Environment, Provenance, provenance_json
from flowtui.engine.store.database import Database
from flowtui.engine.store.rows import dump, load
from flowtui.engine.store.tables import environment, flow_run, flow_run_block

__all__ = ["Note", "ProvenanceNote", "blocks_of", "forget", "forget_environments", "read_environment", "write_notes"]


@dataclass(frozen=True, slots=True)
class ProvenanceNote:
    """What a run is carried out with by the process that has it under this epoch."""

    run_id: str
    epoch: int
    provenance: Provenance


_LATELY: Final = 24 * 3_600 * 1_000_000
Note = ProvenanceNote | Environment | BlockUse

_SET = sa.update(flow_run).where(flow_run.c.id == sa.bindparam("run_id"), flow_run.c.epoch == sa.bindparam("its_epoch"))


def write_notes(database: Database, connection: sa.Connection, notes: Iterable[Note]) -> None:
    """Write them in their order. Those of a process that has lost its run change nothing."""
    for note in notes:
        match note:
            case ProvenanceNote():
                provenance = note.provenance
                values = {"provenance": dump(provenance_json(provenance)), "environment": provenance.environment}
                connection.execute(_SET, {"run_id": note.run_id, "its_epoch": note.epoch, **values})
            case Environment():
                told = {"key": note.key, "packages": dump(note.packages), "noted": database.now(connection)}
                connection.execute(database.upsert(environment), told)
            case BlockUse():
                values = {name: getattr(note, name) for name in ("flow_run_id", "block_id", "type_slug", "name")}
                connection.execute(database.upsert(flow_run_block), {**values, "updated": to_micros(note.updated)})


def read_environment(connection: sa.Connection, key: str) -> Environment:
    packages = connection.execute(sa.select(environment.c.packages).where(environment.c.key == key)).scalar()
    if packages is None:
        raise NotFound("environment", key)
    return Environment(key=key, packages=tuple(load(packages)))


def blocks_of(connection: sa.Connection, run_id: str) -> tuple[BlockUse, ...]:
    used = sa.select(flow_run_block).where(flow_run_block.c.flow_run_id == run_id)
    rows = connection.execute(used.order_by(flow_run_block.c.type_slug, flow_run_block.c.name))
    return tuple(
        BlockUse(
            flow_run_id=row.flow_run_id,
            block_id=row.block_id,
            type_slug=row.type_slug,
            name=row.name,
            updated=from_micros(row.updated),
        )
        for row in rows
    )


def forget(connection: sa.Connection, run_id: str) -> None:
    """What is kept of a run that is being deleted. A list of packages stays until `forget_environments`."""
    connection.execute(sa.delete(flow_run_block).where(flow_run_block.c.flow_run_id == run_id))


def forget_environments(database: Database, connection: sa.Connection) -> int:
    """Remove the lists of packages that no run refers to any more; answers with how many.

    A process says now and then what it has (`capture.TELL_AGAIN`), and a run may begin before that is said again: what
    was said lately stays.
    """
    in_use = sa.exists().where(flow_run.c.environment == environment.c.key)
    unused = sa.delete(environment).where(environment.c.noted < database.now(connection) - _LATELY, ~in_use)
    return connection.execute(unused).rowcount
