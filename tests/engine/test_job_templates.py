"""Base job templates: whose value counts, what placeholders become, and what is refused in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.deployments.references import lookup_with
from flowtui.engine.errors import UsageError, WorkPoolError
from flowtui.engine.job_templates import (
    PROCESS_TEMPLATE,
    check_job_variables,
    check_template,
    job_configuration,
)

TEMPLATE = {
    "job_configuration": {
        "image": "{{ image }}",
        "env": {"FIXED": "1", "IMAGE": "run {{ image }}"},
        "manifest": {"spec": {"limits": [{"cpu": "{{ cpu }}"}]}},
        "missing": "{{ optional }}",
    },
    "variables": {
        "type": "object",
        "properties": {
            "image": {"type": "string"},
            "env": {"type": "object", "additionalProperties": {"type": "string"}},
            "cpu": {"type": "integer", "default": 2},
            "optional": {"type": "string"},
        },
        "required": ["image"],
    },
}


def configured(*layers, template=TEMPLATE, client=None, env=()):
    return job_configuration("pool", template, *layers, lookup=lookup_with(client, dict(env)))


def test_a_run_overrules_its_deployment_and_that_the_template() -> None:
    assert configured({"image": "a"})["manifest"]["spec"]["limits"][0]["cpu"] == 2
    assert configured({"image": "a", "cpu": 3})["manifest"]["spec"]["limits"][0]["cpu"] == 3
    assert configured({"image": "a", "cpu": 3}, {"cpu": 4})["manifest"]["spec"]["limits"][0]["cpu"] == 4


def test_a_value_that_is_a_placeholder_alone_keeps_its_type_and_what_has_no_value_is_left_out() -> None:
    configuration = configured({"image": "a"})

    assert configuration["manifest"]["spec"]["limits"] == [{"cpu": 2}]
    assert "missing" not in configuration


def test_the_environment_is_merged_by_name_over_all_layers() -> None:
    configuration = configured({"image": "a", "env": {"A": "1", "B": "1"}}, {"env": {"B": "2"}, "env.C": "3"})

    assert configuration["env"] == {"FIXED": "1", "IMAGE": "run a", "A": "1", "B": "2", "C": "3"}


def test_a_dotted_key_reaches_into_the_configuration_too() -> None:
    configuration = configured({"image": "a", "manifest.spec.limits.0.memory": "1G", "manifest.kind": "Job"})

    assert configuration["manifest"] == {"spec": {"limits": [{"cpu": 2, "memory": "1G"}]}, "kind": "Job"}


def test_blocks_variables_and_the_environment_of_the_worker_are_filled_in(client) -> None:
    client.set_variable("team", "data")
    client.save_block("secret", "token", {"value": "s3cret"})
    asked = {
        "env": {
            "TEAM": "{{ flowtui.variables.team }}",
            "TOKEN": "{{ prefect.blocks.secret.token }}",
            "WHERE": "in {{ $REGION }}",
        }
    }

    env = configured(asked, template=PROCESS_TEMPLATE, client=client, env={"REGION": "eu"})["env"]

    assert env == {"TEAM": "data", "TOKEN": "s3cret", "WHERE": "in eu"}


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ({}, "image is missing."),
        ({"image": 3}, "image must be text, not 3."),
        ({"imge": "a"}, "imge is not known; did you mean image?"),
        ({"image": "a", "env": {"A": 1}}, "env.A must be text, not 1."),
        ({"image": "a", "env.A": 1}, "env.A must be text, not 1."),
        ({"image": "a", "cpu": "many"}, "cpu must be a whole number, not 'many'."),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(layer, words) -> None:
    with pytest.raises(UsageError) as refused:
        check_job_variables("pool", TEMPLATE, layer)
    assert str(refused.value).startswith("The job variables do not fit work pool 'pool': ")
    assert words in str(refused.value)
    with pytest.raises(UsageError, match="do not fit"):
        configured(layer)


def test_what_another_type_of_pool_would_understand_is_no_mistake_unless_the_template_says_so() -> None:
    check_job_variables("pool", PROCESS_TEMPLATE, {"image": "a", "cpu_limit": 2})
    strict = {**TEMPLATE, "variables": {**TEMPLATE["variables"], "additionalProperties": False}}
    with pytest.raises(UsageError, match="region is not known; there is image, env, cpu, optional"):
        check_job_variables("pool", strict, {"image": "a", "region": "eu"})


def test_what_is_not_known_yet_is_not_refused_before_it_is() -> None:
    check_job_variables("pool", TEMPLATE, {}, partial=True)
    check_job_variables("pool", TEMPLATE, {"image": "a", "cpu": "{{ flowtui.variables.cpu }}"})


def test_a_value_that_turns_out_not_to_fit_is_refused_when_the_job_starts(client) -> None:
    client.set_variable("cpu", "a lot")
    with pytest.raises(UsageError, match="cpu must be a whole number, not 'a lot'"):
        configured({"image": "a", "cpu": "{{ flowtui.variables.cpu }}"}, client=client)
    with pytest.raises(UsageError, match="names a variable that does not exist"):
        configured({"image": "{{ flowtui.variables.nothing }}"}, client=client)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ([], "an object with job_configuration and variables"),
        ({"variables": {}}, "'job_configuration' is missing"),
        (
            {"job_configuration": {"a": ["{{ imge }}"]}, "variables": {"properties": {"image": {}}}},
            "uses {{ imge }}, but 'imge' is not known; did you mean image?",
        ),
        (
            {"job_configuration": {}, "variables": {"properties": {"n": {"type": "integer", "default": "x"}}}},
            "default for n must be a whole number, not 'x'",
        ),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(client, template, words) -> None:
    with pytest.raises(WorkPoolError) as refused:
        client.create_work_pool("new", base_job_template=template)
    assert words in str(refused.value)
    assert "new" not in {pool.name for pool in client.list_work_pools()}
    with pytest.raises(WorkPoolError):
        client.update_work_pool("local", {"base_job_template": template})


NAMES = st.sampled_from("ABCDE")
LAYERS = st.lists(st.dictionaries(NAMES, st.text("abc{}", max_size=3), max_size=4), max_size=4)


@given(LAYERS, st.booleans())
def test_the_last_layer_that_names_a_variable_decides(layers, dotted) -> None:
    """However the layers are written: as one mapping, or key by key."""
    check_template(PROCESS_TEMPLATE)
    written = [{f"env.{name}": value for name, value in layer.items()} for layer in layers]
    configuration = configured(
        *(written if dotted else [{"env": layer} for layer in layers]), template=PROCESS_TEMPLATE
    )

    wanted: dict[str, str] = {}
    for layer in layers:
        wanted.update(layer)
    assert configuration["env"] == wanted
