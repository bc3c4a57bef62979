"""Which of Prefect's modules and names there are, and what of flowtui's engine each of them is.

A name's target is `module` or `module:attribute` of `flowtui.engine`; without an attribute, it is the name itself.
"""

from collections.abc import Mapping
from typing import Final

__all__ = ["MODULES", "WHY_NOT"]

Targets = Mapping[str, str]


def _of(module: str, names: str, **renamed: str) -> dict[str, str]:
    """The names of one module of flowtui's, and those that it calls otherwise."""
    return dict.fromkeys(names.split(), module) | {name: f"{module}:{own}" for name, own in renamed.items()}


_STATES: Final = _of(
    "states",
    "AwaitingConcurrencySlot AwaitingRetry Cancelled Cancelling Completed Crashed Failed Late Paused Pending Retrying "
    "Running Scheduled State StateType Suspended",
) | _of(
    "compat.adapted",
    "InfrastructurePending Submitting aget_state_exception araise_state_exception get_state_exception "
    "raise_state_exception",
)
_FLOWS: Final = (
    _of("flows", "Flow flow")
    | _of("compat.adapted", "load_flow_from_entrypoint")
    | _of("deployments.serving", "aserve serve")
)
_TASKS: Final = (
    _of("tasks", "Task task")
    | _of("caching.keys", "task_input_hash")
    | _of("orchestration.retries", "exponential_backoff")
)
_ANNOTATIONS: Final = _of(
    "annotations", "allow_failure freeze opaque quote unmapped", Quote="quote", BaseAnnotation="Annotation"
)
_LOGGERS: Final = (
    _of("logs", "disable_run_logger get_logger get_run_logger")
    | _of("compat.adapted", "flow_run_logger task_run_logger")
    | _of("logs", "", PrefectLogAdapter="RunLogger")
)
_PAUSES: Final = _of("pausing", "pause_flow_run resume_flow_run suspend_flow_run") | _of(
    "compat.adapted", "apause_flow_run aresume_flow_run asuspend_flow_run"
)
_RUNNING: Final = _of("compat.deployed", "arun_deployment run_deployment")
_WAITING: Final = _of("compat.deployed", "wait_for_flow_run")
_SERVING: Final = _of("deployments.serving", "aserve serve") | _of("deployments.from_code", "deploy")
_RUNNER: Final = _of("deployments.from_code", "RunnerDeployment deploy") | _of(
    "deployments.arguments", "ConcurrencyLimitConfig EntrypointType"
)
_STORAGE: Final = _of("deployments.storage", "GitRepository LocalStorage RemoteStorage")
_STEPS: Final = _of(
    "deployments.built_in",
    "git_clone pip_install_requirements pull_from_remote_storage pull_with_block run_shell_script "
    "set_working_directory",
)
_FUTURES: Final = (
    _of(
        "futures",
        "as_completed wait",
        PrefectFuture="TaskFuture",
        PrefectTaskRunFuture="TaskFuture",
        PrefectConcurrentFuture="TaskFuture",
        PrefectWrappedFuture="TaskFuture",
        PrefectFutureList="TaskFutureList",
        DoneAndNotDoneFutures="DoneAndNotDone",
    )
    | _of("containers", "resolve_futures_to_results resolve_futures_to_states")
    | _of("background.futures", "", PrefectDistributedFuture="BackgroundFuture")
)
_RUNNERS: Final = (
    _of("runners.thread", "ConcurrentTaskRunner ThreadPoolTaskRunner")
    | _of("runners.background", "PrefectTaskRunner")
    | _of("runners.process", "ProcessPoolTaskRunner")
    | _of("runners.sequential", "SequentialTaskRunner")
    | _of("runners.protocol", "TaskRunner", BaseTaskRunner="TaskRunner")
)
_ARTIFACTS: Final = _of(
    "artifacts",
    "Artifact ImageArtifact LinkArtifact MarkdownArtifact ProgressArtifact TableArtifact acreate_image_artifact "
    "acreate_link_artifact acreate_markdown_artifact acreate_progress_artifact acreate_table_artifact "
    "aupdate_progress_artifact create_image_artifact create_link_artifact create_markdown_artifact "
    "create_progress_artifact create_table_artifact update_progress_artifact",
)
_INPUTS: Final = _of("inputs", "RunInput receive_input send_input", RunInputMetadata="InputMetadata")
_TRANSACTIONS: Final = _of(
    "transactions",
    "AsyncTransaction CommitMode IsolationLevel Transaction TransactionState atransaction get_transaction transaction",
    BaseTransaction="Transaction",
)
_POLICIES: Final = _of(
    "caching.policies",
    "DEFAULT FLOW_PARAMETERS INPUTS NO_CACHE NONE RUN_ID TASK_SOURCE CacheKeyFnPolicy CachePolicy CompoundCachePolicy "
    "FlowParameters Inputs RunId TaskSource",
)
_RESULTS: Final = _of("results.store", "ResultStore") | _of(
    "results.records", "ResultRecord", ResultRecordMetadata="RecordInfo"
)
_SERIALIZERS: Final = _of(
    "results.serializers",
    "CompressedJSONSerializer CompressedPickleSerializer CompressedSerializer JSONSerializer PickleSerializer "
    "Serializer",
)
_CONTEXT: Final = (
    _of("context", "FlowRunContext TaskRunContext get_run_context tags", EngineContext="FlowRunContext")
    | _of("carrying", "hydrated_context serialize_context")
    | _of("compat.adapted", "TagsContext")
)
_EXCEPTIONS: Final = _of(
    "errors",
    "CancelledRun CrashedRun FailedRun MappingLengthMismatch MappingMissingIterable MissingResult PausedRun "
    "TerminationSignal UnfinishedRun",
    ConfigurationError="UsageError",
    FlowPauseTimeout="PauseTimeout",
    InvalidNameError="UsageError",
    MissingContextError="MissingContext",
    MissingFlowError="EntrypointError",
    NotPausedError="UsageError",
    ObjectAlreadyExists="UsageError",
    ObjectNotFound="NotFound",
    ParameterBindError="ParameterError",
    ParameterTypeError="ParameterError",
    PrefectException="FlowtuiError",
    ReservedArgumentError="ReservedArgument",
    ScriptError="EntrypointError",
    SerializationError="ResultError",
    SignatureMismatchError="ParameterError",
    UnspecifiedFlowError="EntrypointError",
    UpstreamTaskError="UpstreamFailed",
    ValidationError="ParameterError",
) | _of("errors", "", FlowRunWaitTimeout="WaitTimeout")
_SCHEDULES: Final = _of("compat.schedules", "CronSchedule IntervalSchedule RRuleSchedule")
_BLOCKS: Final = _of("blocks.base", "Block")
_SYSTEM: Final = _of("blocks.secret", "Secret") | _of("blocks.values", "JSON DateTime String")
_FILES: Final = _of("blocks.filesystems", "LocalFileSystem RemoteFileSystem")
_NOTIFICATIONS: Final = _of(
    "blocks.notifications", "DiscordWebhook MattermostWebhook MicrosoftTeamsWebhook SlackWebhook"
)
_LOCKS_HERE: Final = _of("caching.locks", "MemoryLockManager")
_LOCK_FILES: Final = _of("caching.file_locks", "FileSystemLockManager")
_OBJECTS: Final = (
    _of("states", "State StateType")
    | _of("model", "FlowRun TaskRun Deployment", Flow="FlowRecord")
    | _of("deployments.arguments", "ConcurrencyLimitConfig")
)
_FLOW_RUN: Final = (
    "id name tags scheduled_start_time flow_name flow_version parameters parent_flow_run_id parent_deployment_id "
    "root_flow_run_id run_count job_variables api_url ui_url"
)
_TASK_RUN: Final = "id name tags parameters run_count task_name api_url ui_url"
_DEPLOYMENT: Final = "id name parameters version flow_run_id"


def _fields(holder: str, names: str) -> dict[str, str]:
    return {name: f"runtime:{holder}.{name}" for name in names.split()}


_MAIN: Final = (
    _of("flows", "Flow flow")
    | _of("tasks", "Task task")
    | _of("states", "State")
    | _of("annotations", "allow_failure unmapped")
    | _of("logs", "get_run_logger")
    | _of("context", "tags")
    | _of("transactions", "Transaction")
    | _PAUSES
    | _SERVING
)

_ASSETS: Final = _of("assets", "Asset AssetProperties add_asset_metadata") | _of("materializing", "materialize")

MODULES: Final[Mapping[str, Targets]] = {
    "prefect": _MAIN,
    "prefect.artifacts": _ARTIFACTS,
    "prefect.assets": _ASSETS,
    "prefect.blocks": {},
    "prefect.blocks.core": _BLOCKS,
    "prefect.blocks.fields": _of("blocks.secretfields", "SecretDict"),
    "prefect.blocks.notifications": _NOTIFICATIONS,
    "prefect.blocks.system": _SYSTEM,
    "prefect.blocks.webhook": _of("blocks.webhook", "Webhook"),
    "prefect.cache_policies": _POLICIES,
    "prefect.client": {},
    "prefect.client.schemas": _OBJECTS,
    "prefect.client.schemas.objects": _OBJECTS,
    "prefect.client.schemas.schedules": _SCHEDULES,
    "prefect.concurrency": {},
    "prefect.concurrency.asyncio": _of("concurrency", "concurrency", rate_limit="arate_limit"),
    "prefect.concurrency.sync": _of("concurrency", "concurrency rate_limit"),
    "prefect.context": _CONTEXT,
    "prefect.deployments": _RUNNING | _of("deployments.from_code", "RunnerDeployment deploy"),
    "prefect.deployments.flow_runs": _RUNNING,
    "prefect.deployments.runner": _RUNNER,
    "prefect.deployments.steps": _STEPS,
    "prefect.engine": _PAUSES,
    "prefect.exceptions": _EXCEPTIONS,
    "prefect.filesystems": _FILES,
    "prefect.flow_runs": _PAUSES | _WAITING,
    "prefect.flows": _FLOWS,
    "prefect.futures": _FUTURES,
    "prefect.input": _INPUTS,
    "prefect.input.run_input": _INPUTS,
    "prefect.locking": {},
    "prefect.locking.filesystem": _LOCK_FILES,
    "prefect.locking.memory": _LOCKS_HERE,
    "prefect.logging": _of("logs", "disable_run_logger get_logger get_run_logger"),
    "prefect.logging.loggers": _LOGGERS,
    "prefect.main": _MAIN,
    "prefect.orion": {},
    "prefect.orion.schemas": {},
    "prefect.orion.schemas.schedules": _SCHEDULES,
    "prefect.orion.schemas.states": _STATES,
    "prefect.results": _RESULTS,
    "prefect.runner": _of("deployments.serving", "serve"),
    "prefect.runner.storage": _STORAGE,
    "prefect.runtime": {"deployment": "runtime", "flow_run": "runtime", "task_run": "runtime"},
    "prefect.runtime.deployment": _fields("deployment", _DEPLOYMENT),
    "prefect.runtime.flow_run": _fields("flow_run", _FLOW_RUN),
    "prefect.runtime.task_run": _fields("task_run", _TASK_RUN),
    "prefect.schedules": _of("compat.schedules", "Cron Interval RRule Schedule"),
    "prefect.serializers": _SERIALIZERS,
    "prefect.server": {},
    "prefect.server.schemas": {},
    "prefect.server.schemas.core": _of("model", "FlowRun TaskRun"),
    "prefect.server.schemas.schedules": _SCHEDULES,
    "prefect.server.schemas.states": _STATES,
    "prefect.settings": _of("compat.settings", "PREFECT_API_URL PREFECT_HOME PREFECT_LOGGING_LEVEL PREFECT_UI_URL"),
    "prefect.states": _STATES,
    "prefect.task_runners": _RUNNERS,
    "prefect.task_worker": _of("background.worker", "TaskWorker serve"),
    "prefect.tasks": _TASKS,
    "prefect.testing": {},
    "prefect.testing.utilities": _of("compat.adapted", "prefect_test_harness"),
    "prefect.transactions": _TRANSACTIONS,
    "prefect.utilities": {},
    "prefect.utilities.annotations": _ANNOTATIONS,
    "prefect.utilities.asyncutils": _of("compat.adapted", "run_coro_as_sync run_sync_in_worker_thread sync_compatible"),
    "prefect.variables": _of("variables", "Variable"),
}

_DEPLOYING: Final = "Describe deployments in flowtui.yaml and make them with: flowtui deploy"
_FUNCTIONAL: Final = "Programs of Prefect 1 describe a flow instead of running it; write it as a function with @flow."

WHY_NOT: Final[Mapping[str, str]] = {
    "Deployment": _DEPLOYING,
    "DeploymentImage": _DEPLOYING,
    "orchestration": "Ask the store on the command line: flowtui flow-run ls -o json",
    "get_client": "Ask the store on the command line: flowtui flow-run ls -o json",
    "emit_event": "There are no custom events yet.",
    "events": "There are no custom events yet.",
    "automations": "There are no automations yet.",
    "temporary_settings": "flowtui is set up by FLOWTUI_ variables; the README has a table of them.",
    "Parameter": _FUNCTIONAL,
    "case": _FUNCTIONAL,
    "Client": _FUNCTIONAL,
    "executors": _FUNCTIONAL,
    "run_configs": _FUNCTIONAL,
    "storage": _FUNCTIONAL,
    "engine.signals": _FUNCTIONAL,
    "prefect.engine.signals": _FUNCTIONAL,
    "infrastructure": "Where a deployment runs is a work pool's business.",
}
"""Why a name is missing and what to do instead, by the last word of the name or by all of it."""
