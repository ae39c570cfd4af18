"""Bytes in pieces: what the rules of server-sent events say, and that it does not matter where pieces end."""

from hypothesis import given
from hypothesis import strategies as st

from api.client.parsing import Lines, Messages


def messages(*pieces: bytes) -> list[tuple[str, bytes, str]]:
    parser = Messages()
    return [tuple(each) for piece in pieces for each in parser.take(piece)]


def test_a_message_is_there_with_its_blank_line_only() -> None:
    assert messages(b"data: a\n") == []
    assert messages(b"data: a\n\n") == [("message", b"a", "")]
    assert messages(b"data: a\n", b"\ndata: b") == [("message", b"a", "")]


def test_lines_of_data_are_joined_and_one_space_is_left_out() -> None:
    assert messages(b"data:  a\ndata\ndata:b\n\n") == [("message", b" a\n\nb", "")]


def test_remarks_unknown_fields_and_messages_without_data_are_none() -> None:
    assert messages(b": hello\n\nevent: x\n\nfoo: bar\ndata: 1\n\n") == [("message", b"1", "")]


def test_the_id_stays_until_another_one_and_none_holds_a_nul() -> None:
    text = b"id: 7\ndata: a\n\ndata: b\n\nid: 8\0\ndata: c\n\nid\ndata: d\n\n"
    assert [each[2] for each in messages(text)] == ["7", "7", "7", ""]


def test_a_mark_of_byte_order_is_left_out_at_the_beginning_only() -> None:
    assert messages(b"\xef", b"\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n") == [("message", b"a", "")]


def test_the_wait_is_taken_where_it_is_a_number() -> None:
    parser = Messages()
    list(parser.take(b"retry: 1500\nretry: soon\n\n"))
    assert parser.retry == 1500


@given(st.data(), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_it_does_not_matter_how_lines_and_pieces_end(data: st.DataObject, end: bytes) -> None:
    lines = [
        b"\xef\xbb\xbf: remark",
        b"id: 1",
        b"event: event",
        b"data: {",
        b"data: }",
        b"",
        b"",
        b"data: 2",
        b"",
        b"x",
    ]
    text = end.join(lines)
    cut = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cut], [*cut, len(text)], strict=True)]
    assert messages(*pieces) == [("event", b"{\n}", "1"), ("message", b"2", "1")]


@given(st.data())
def test_lines_are_whole_wherever_pieces_end(data: st.DataObject) -> None:
    text = b'{"a":1}\n\n{"b":"\xc3\xa4"}\r\nrest'
    cut = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    parser = Lines()
    found = [line for a, b in zip([0, *cut], [*cut, len(text)], strict=True) for line in parser.take(text[a:b])]
    assert found == [b'{"a":1}', b'{"b":"\xc3\xa4"}\r']
