"""To-do lists over HTTP."""

from __future__ import annotations

from api.asking import Clocks, LongLimit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, member_of
from api.opening import opened
from api.titles import entitle
from projections.todo import TodoAnswer, todo


class TodoQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Whose list; everybody's, as far as the asker may see, where nobody is named."""

    member: Named | None = None
    limit: LongLimit = 500


def endpoints() -> list[Endpoint]:
    """The to-do lists."""
    about = "What is to be done per person, ranked, each with its reason and the events behind it."
    return [question("/todo", "todo", about, _todo, TodoAnswer, TodoQuery)]


def _todo(call: Call) -> Reply:
    query = call.query(TodoQuery)
    with viewing(call, query) as view:
        answer = todo(view, member_of(call, query.member), lambda text, field: opened(call, text, field))
    answer.cut(query.limit)
    entitle(call.doors.journal, answer.items)
    return Reply(answer)
