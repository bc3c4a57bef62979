"""flowtui: write Python flows, and run, schedule, watch, retry and explain them from the terminal.

Every public name comes from here and is loaded on first use, so that `import flowtui` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowtui.engine.annotations import allow_failure, freeze, opaque, quote, unmapped
    from flowtui.engine.artifacts import (
        Artifact,
        ImageArtifact,
        LinkArtifact,
        MarkdownArtifact,
        ProgressArtifact,
        TableArtifact,
        acreate_image_artifact,
        acreate_link_artifact,
        acreate_markdown_artifact,
        acreate_progress_artifact,
        acreate_table_artifact,
        aupdate_progress_artifact,
        create_image_artifact,
        create_link_artifact,
        create_markdown_artifact,
        create_progress_artifact,
        create_table_artifact,
        update_progress_artifact,
    )
    from flowtui.engine.assets import Asset, AssetProperties, add_asset_metadata
    from flowtui.engine.background.futures import BackgroundFuture
    from flowtui.engine.caching import task_input_hash
    from flowtui.engine.caching.file_locks import FileSystemLockManager
    from flowtui.engine.caching.isolation import IsolationLevel
    from flowtui.engine.caching.locks import MemoryLockManager
    from flowtui.engine.caching.policies import (
        DEFAULT,
        FLOW_PARAMETERS,
        INPUTS,
        NO_CACHE,
        NONE,
        RUN_ID,
        TASK_SOURCE,
        CacheKeyFnPolicy,
        CachePolicy,
    )
    from flowtui.engine.carrying import hydrated_context, serialize_context
    from flowtui.engine.concurrency import arate_limit, concurrency, rate_limit
    from flowtui.engine.containers import resolve_futures_to_results, resolve_futures_to_states
    from flowtui.engine.context import FlowRunContext, TaskRunContext, get_run_context, tags
    from flowtui.engine.deployments.arguments import ConcurrencyLimitConfig, EntrypointType
    from flowtui.engine.deployments.from_code import RunnerDeployment, deploy
    from flowtui.engine.deployments.running import (
        arun_deployment,
        await_for_flow_run,
        run_deployment,
        wait_for_flow_run,
    )
    from flowtui.engine.deployments.serving import aserve, serve
    from flowtui.engine.deployments.storage import GitRepository, LocalStorage, RemoteStorage
    from flowtui.engine.errors import FlowtuiError
    from flowtui.engine.flows import Flow, flow
    from flowtui.engine.futures import TaskFuture, TaskFutureList, as_completed, wait
    from flowtui.engine.inputs import RunInput, receive_input, send_input
    from flowtui.engine.logs import get_run_logger
    from flowtui.engine.materializing import materialize
    from flowtui.engine.orchestration.retries import exponential_backoff
    from flowtui.engine.pausing import pause_flow_run, resume_flow_run, suspend_flow_run
    from flowtui.engine.results.records import ResultRecord
    from flowtui.engine.results.serializers import CompressedSerializer, JSONSerializer, PickleSerializer, Serializer
    from flowtui.engine.results.store import ResultStore
    from flowtui.engine.runners.background import FlowtuiTaskRunner, PrefectTaskRunner
    from flowtui.engine.runners.process import ProcessPoolTaskRunner
    from flowtui.engine.runners.sequential import SequentialTaskRunner
    from flowtui.engine.runners.thread import ConcurrentTaskRunner, ThreadPoolTaskRunner
    from flowtui.engine.schedules import CatchUp, Cron, Interval, RRule
    from flowtui.engine.states import (
        AwaitingConcurrencySlot,
        AwaitingRetry,
        Cancelled,
        Cancelling,
        Completed,
        Crashed,
        Failed,
        Late,
        Paused,
        Pending,
        Retrying,
        Running,
        Scheduled,
        State,
        StateType,
        Suspended,
    )
    from flowtui.engine.tasks import Task, task
    from flowtui.engine.transactions import (
        CommitMode,
        Transaction,
        atransaction,
        get_transaction,
        transaction,
    )
    from flowtui.engine.variables import Variable

__version__ = "0.1.0"

_HOMES = {
    "annotations": ("allow_failure", "freeze", "opaque", "quote", "unmapped"),
    "artifacts": (
        "Artifact",
        "ImageArtifact",
        "LinkArtifact",
        "MarkdownArtifact",
        "ProgressArtifact",
        "TableArtifact",
        "acreate_image_artifact",
        "acreate_link_artifact",
        "acreate_markdown_artifact",
        "acreate_progress_artifact",
        "acreate_table_artifact",
        "aupdate_progress_artifact",
        "create_image_artifact",
        "create_link_artifact",
        "create_markdown_artifact",
        "create_progress_artifact",
        "create_table_artifact",
        "update_progress_artifact",
    ),
    "assets": ("Asset", "AssetProperties", "add_asset_metadata"),
    "background.futures": ("BackgroundFuture",),
    "caching": ("task_input_hash",),
    "caching.file_locks": ("FileSystemLockManager",),
    "caching.isolation": ("IsolationLevel",),
    "caching.locks": ("MemoryLockManager",),
    "caching.policies": (
        "DEFAULT",
        "FLOW_PARAMETERS",
        "INPUTS",
        "NO_CACHE",
        "NONE",
        "RUN_ID",
        "TASK_SOURCE",
        "CacheKeyFnPolicy",
        "CachePolicy",
    ),
    "carrying": ("hydrated_context", "serialize_context"),
    "concurrency": ("arate_limit", "concurrency", "rate_limit"),
    "containers": ("resolve_futures_to_results", "resolve_futures_to_states"),
    "context": ("FlowRunContext", "TaskRunContext", "get_run_context", "tags"),
    "deployments.arguments": ("ConcurrencyLimitConfig", "EntrypointType"),
    "deployments.from_code": ("RunnerDeployment", "deploy"),
    "deployments.serving": ("aserve", "serve"),
    "deployments.storage": ("GitRepository", "LocalStorage", "RemoteStorage"),
    "deployments.running": ("arun_deployment", "await_for_flow_run", "run_deployment", "wait_for_flow_run"),
    "errors": ("FlowtuiError",),
    "flows": ("Flow", "flow"),
    "futures": ("TaskFuture", "TaskFutureList", "as_completed", "wait"),
    "inputs": ("RunInput", "receive_input", "send_input"),
    "logs": ("get_run_logger",),
    "materializing": ("materialize",),
    "orchestration.retries": ("exponential_backoff",),
    "pausing": ("pause_flow_run", "resume_flow_run", "suspend_flow_run"),
    "results.records": ("ResultRecord",),
    "results.serializers": ("CompressedSerializer", "JSONSerializer", "PickleSerializer", "Serializer"),
    "results.store": ("ResultStore",),
    "runners.background": ("FlowtuiTaskRunner", "PrefectTaskRunner"),
    "runners.process": ("ProcessPoolTaskRunner",),
    "runners.sequential": ("SequentialTaskRunner",),
    "runners.thread": ("ConcurrentTaskRunner", "ThreadPoolTaskRunner"),
    "schedules": ("CatchUp", "Cron", "Interval", "RRule"),
    "states": (
        "AwaitingConcurrencySlot",
        "AwaitingRetry",
        "Cancelled",
        "Cancelling",
        "Completed",
        "Crashed",
        "Failed",
        "Late",
        "Paused",
        "Pending",
        "Retrying",
        "Running",
        "Scheduled",
        "State",
        "StateType",
        "Suspended",
    ),
    "tasks": ("Task", "task"),
    "transactions": ("CommitMode", "Transaction", "atransaction", "get_transaction", "transaction"),
    "variables": ("Variable",),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [  # noqa: RUF022 - the plain order of Python, which readers know
    "Artifact",
    "Asset",
    "AssetProperties",
    "AwaitingConcurrencySlot",
    "AwaitingRetry",
    "BackgroundFuture",
    "CacheKeyFnPolicy",
    "CachePolicy",
    "Cancelled",
    "Cancelling",
    "CatchUp",
    "CommitMode",
    "Completed",
    "CompressedSerializer",
    "ConcurrencyLimitConfig",
    "ConcurrentTaskRunner",
    "Crashed",
    "Cron",
    "DEFAULT",
    "EntrypointType",
    "FLOW_PARAMETERS",
    "Failed",
    "FileSystemLockManager",
    "Flow",
    "FlowRunContext",
    "FlowtuiError",
    "FlowtuiTaskRunner",
    "GitRepository",
    "INPUTS",
    "ImageArtifact",
    "Interval",
    "IsolationLevel",
    "JSONSerializer",
    "Late",
    "LinkArtifact",
    "LocalStorage",
    "MarkdownArtifact",
    "MemoryLockManager",
    "NONE",
    "NO_CACHE",
    "Paused",
    "Pending",
    "PickleSerializer",
    "PrefectTaskRunner",
    "ProcessPoolTaskRunner",
    "ProgressArtifact",
    "RRule",
    "RUN_ID",
    "RemoteStorage",
    "ResultRecord",
    "ResultStore",
    "Retrying",
    "RunInput",
    "RunnerDeployment",
    "Running",
    "Scheduled",
    "SequentialTaskRunner",
    "Serializer",
    "State",
    "StateType",
    "Suspended",
    "TASK_SOURCE",
    "TableArtifact",
    "Task",
    "TaskFuture",
    "TaskFutureList",
    "TaskRunContext",
    "ThreadPoolTaskRunner",
    "Transaction",
    "Variable",
    "acreate_image_artifact",
    "acreate_link_artifact",
    "acreate_markdown_artifact",
    "acreate_progress_artifact",
    "acreate_table_artifact",
    "add_asset_metadata",
    "allow_failure",
    "arate_limit",
    "arun_deployment",
    "as_completed",
    "aserve",
    "atransaction",
    "aupdate_progress_artifact",
    "await_for_flow_run",
    "concurrency",
    "create_image_artifact",
    "create_link_artifact",
    "create_markdown_artifact",
    "create_progress_artifact",
    "create_table_artifact",
    "deploy",
    "exponential_backoff",
    "flow",
    "freeze",
    "get_run_context",
    "get_run_logger",
    "get_transaction",
    "hydrated_context",
    "materialize",
    "opaque",
    "pause_flow_run",
    "quote",
    "rate_limit",
    "receive_input",
    "resolve_futures_to_results",
    "resolve_futures_to_states",
    "resume_flow_run",
    "run_deployment",
    "send_input",
    "serialize_context",
    "serve",
    "suspend_flow_run",
    "tags",
    "task",
    "task_input_hash",
    "transaction",
    "unmapped",
    "update_progress_artifact",
    "wait",
    "wait_for_flow_run",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module 'flowtui' has no attribute {name!r}")
    value = getattr(import_module(f"flowtui.engine.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
