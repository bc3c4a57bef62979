"""A client that only reads: whatever would change the store is refused here, whoever asks and by whichever key."""

from typing import TYPE_CHECKING, Any, Final, cast

from flowtui.engine.errors import ReadOnly

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["WRITES", "only_reads", "read_only", "reads", "require_writing"]

_READS: Final = (
    *("read_", "find_", "list_", "count_", "page_", "query_", "explain_", "usual_"),
    *(
        "flow_run_",
        "task_run_",
        "run_counts",
        "run_tallies",
        "run_history",
        "last_good_run",
        "completed_since",
        "flow_figures",
        "duration_sample",
    ),
    *("next_due", "late_leases", "limit_holders", "limited_tags", "claimable_task_runs"),
    *("address", "changes", "wait", "flush", "close"),
    *("mark_logs", "pick_logs", "tally_logs", "log_stamps", "log_clocks"),
)
"""What the names of verbs that only read begin with. Any other verb is refused, also one that is not known here."""

WRITES: Final = frozenset(
    {
        *("acquire_slots", "add_schedules", "announce_backend", "announce_worker", "backfill_deployment"),
        *("change_flow_runs", "claim_flow_run", "claim_flow_runs", "claim_task_runs", "clear_schedules"),
        *("create_artifact", "create_flow_run", "create_work_pool", "create_work_queue", "delete_artifact"),
        *("delete_block", "delete_deployment", "delete_flow_run", "delete_limit", "delete_run_input"),
        *("delete_schedule", "delete_variable", "delete_work_pool", "delete_work_queue", "delete_worker"),
        *("enqueue_task_run", "note_block", "note_environment", "note_provenance", "pause_flow_run"),
        *("pause_work_pool", "pause_work_queue", "reap_task_leases", "record_materialization", "release_flow_run"),
        *("release_slots", "release_task_run", "remove_backend", "renew_leases", "renew_slots", "renew_task_leases"),
        *(
            "reset_limit",
            "resume_flow_run",
            "retry_flow_run",
            "run_deployment",
            "save_block",
            "save_deployment",
            "save_deployments",
        ),
        *("save_limit", "save_run_input", "save_task_run", "set_deployment_paused", "set_flow_run_state"),
        *("set_infrastructure_pid", "set_schedule_active", "set_variable", "stop_worker", "tag_flow_run"),
        *("update_artifact", "update_schedule", "update_work_pool", "update_work_queue", "write_logs"),
    }
)
"""The verbs of `Client` that change something: a test holds that each verb either begins like those that read or is
one of these."""


def reads(verb: str) -> bool:
    """Whether a verb of `Client` only reads."""
    return verb not in WRITES and verb.startswith(_READS)


def read_only(client: "Client", profile: str = "") -> "Client":
    """The client without its verbs that change something: each raises `ReadOnly`, which names the profile that says so.
    Closing it closes the other."""
    return client if isinstance(client, _ReadOnlyClient) else cast("Client", _ReadOnlyClient(client, profile))


def only_reads(client: "Client") -> bool:
    """Whether a client refuses what would change the store."""
    return isinstance(client, _ReadOnlyClient)


def require_writing(client: "Client", what: str) -> None:
    """Raise `ReadOnly` where `client` only reads: before work is begun that it would refuse at its end."""
    if isinstance(client, _ReadOnlyClient):
        raise ReadOnly(what, client.profile)


class _ReadOnlyClient:
    """Passes on what only reads."""

    def __init__(self, client: "Client", profile: str) -> None:
        self._client, self.profile = client, profile

    def __getattr__(self, verb: str) -> Any:
        if reads(verb):
            return getattr(self._client, verb)

        def refuse(*args: Any, **kwargs: Any) -> Any:
            raise ReadOnly(verb.replace("_", " "), self.profile)

        return refuse
