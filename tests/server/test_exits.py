"""How a process ended, said in words."""

import signal

import pytest

from flowtui.server.workers.exits import explain_exit


def test_sigkill_points_at_memory():
    assert explain_exit(-9) == (
        "The process of the run was ended by SIGKILL: the system may have run out of memory, or somebody killed it."
    )


def test_a_shells_way_of_reporting_a_signal_is_understood():
    assert explain_exit(137).startswith("The process of the run ended with exit code 137, which stands for SIGKILL: ")


def test_exit_code_zero_without_a_final_state_is_not_called_success():
    assert explain_exit(0) == (
        "The process of the run ended with exit code 0: "
        "it ended before it could say how the run went, as after os._exit()."
    )


def test_the_last_words_are_repeated():
    assert explain_exit(1, "MemoryError\n").endswith("Its last words: MemoryError")


def test_blank_last_words_are_left_out():
    assert explain_exit(3, "  \n") == "The process of the run ended with exit code 3."


def test_an_end_that_nobody_saw_is_said_to_be_one():
    assert "together with the process that had started it" in explain_exit(None)


@pytest.mark.parametrize("returncode", [*range(-64, 256)])
def test_every_return_code_makes_one_sentence(returncode):
    sentence = explain_exit(returncode)
    assert sentence.startswith("The process of the run ") and sentence.endswith(".") and ".." not in sentence


@pytest.mark.parametrize("number", [number for number in signal.Signals if number < signal.SIGRTMIN])
def test_every_signal_is_called_by_its_name(number):
    assert number.name in explain_exit(-number)
