"""Messages between worker and zygote survive whatever pieces a socket makes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.server.workers.channel import MAX_MESSAGE, Unpacker, pack

messages = st.lists(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=20) | st.none(), max_size=4), max_size=6
)


@given(messages, st.lists(st.integers(1, 30), max_size=40))
def test_messages_come_out_as_they_went_in_however_the_stream_is_cut(sent, cuts):
    stream = b"".join(pack(message) for message in sent)
    unpacker, received = Unpacker(), []
    for cut in cuts:
        received += unpacker.feed(stream[:cut])
        stream = stream[cut:]
    received += unpacker.feed(stream)
    assert received == sent


def test_a_length_that_no_message_has_is_refused_before_anything_is_kept():
    with pytest.raises(ValueError, match="the longest is"):
        list(Unpacker().feed((MAX_MESSAGE + 1).to_bytes(4, "big") + b"{}"))
