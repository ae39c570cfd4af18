"""A stream in Valkey, changed by scripts alone: each tells what it believes and does nothing where that is not so.

Beside the stream lies a hash that says how far it goes: `mark` (by which rules it was filled), `start` and `examined`
(all events for it after the one and up to the other are in it), `last` (its newest entry). Who wipes both, or one, or
brings back older ones, leaves a state in which the scripts find either what is true of the stream or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import redis

from projections.streams.valkey_groups import key_of

REMOVED = -1

_KNOWN = """
local function place(id) return tonumber(string.match(id, '^(%d+)')) end
local function text(n) return string.format('%.0f', n) end
local function pairs_of(flat)
    local found = {}
    for i = 1, #flat, 2 do found[flat[i]] = flat[i + 1] end
    return found
end
local function at(...) return redis.call('HMGET', KEYS[2], ...) end
local function newest()
    local info = redis.pcall('XINFO', 'STREAM', KEYS[1])
    if info.err then
        return string.find(info.err, 'WRONGTYPE') and 'no stream' or '0-0'
    end
    return pairs_of(info)['last-generated-id']
end
local function sound()
    local found = at('examined', 'last')
    if not found[1] or not found[2] then return newest() == '0-0' and not found[1] and not found[2] end
    return tonumber(found[1]) >= tonumber(found[2]) and found[2] .. '-0' == newest()
end
local function holds(mark, examined)
    local found = at('mark', 'examined')
    return found[1] == mark and found[2] == examined and sound()
end
local function groups()
    local listed, found = redis.pcall('XINFO', 'GROUPS', KEYS[1]), {}
    if listed.err then return found end
    local stands = at('examined', 'last')
    for _, flat in ipairs(listed) do
        local group = pairs_of(flat)
        local position = place(group['last-delivered-id'])
        if group['pending'] > 0 then
            position = place(redis.call('XPENDING', KEYS[1], group['name'])[2]) - 1
        elseif stands[2] and position >= tonumber(stands[2]) then
            position = math.max(position, tonumber(stands[1]))
        end
        found[#found + 1] = {group['name'], position, group['pending']}
    end
    return found
end
"""

_LOOK = """
local found, listed = at('mark', 'examined', 'start'), {}
for _, group in ipairs(groups()) do listed[#listed + 1] = {group[1], text(group[2]), group[3]} end
local length = redis.pcall('XLEN', KEYS[1])
return {found[1] or '', found[2] or '0', found[3] or '0', sound() and 1 or 0,
    type(length) == 'number' and length or 0, listed}
"""

_BEGIN = """
local seen = at('mark', 'examined')
if (seen[1] or '') ~= ARGV[2] or (seen[2] or '0') ~= ARGV[3] then return 0 end
local cap, wanted, made = tonumber(ARGV[5]), {}, {}
for _, group in ipairs(groups()) do wanted[group[1]] = cap < 0 and group[2] or math.min(group[2], cap) end
for i = 6, #ARGV, 2 do wanted[ARGV[i]] = tonumber(ARGV[i + 1]) end
redis.call('DEL', KEYS[1], KEYS[2])
for name, position in pairs(wanted) do
    if position >= 0 then redis.call('XGROUP', 'CREATE', KEYS[1], name, text(position) .. '-0', 'MKSTREAM') end
end
redis.call('HSET', KEYS[2], 'mark', ARGV[1], 'examined', ARGV[4], 'start', ARGV[4], 'last', '0')
return 1
"""

_APPEND = """
if not holds(ARGV[1], ARGV[2]) then return 0 end
local last
for i = 4, #ARGV, 2 do
    last = ARGV[i]
    redis.call('XADD', KEYS[1], last .. '-0', 'event', ARGV[i + 1])
end
redis.call('HSET', KEYS[2], 'examined', ARGV[3])
if last then redis.call('HSET', KEYS[2], 'last', last) end
return 1
"""

_PUT = """
if not holds(ARGV[1], ARGV[2]) then return 0 end
redis.pcall('XGROUP', 'DESTROY', KEYS[1], ARGV[3])
if tonumber(ARGV[4]) >= 0 then
    redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[3], ARGV[4] .. '-0', 'MKSTREAM')
end
return 1
"""

_TRIM = """
if not holds(ARGV[1], ARGV[2]) then return 0 end
local over = redis.call('XLEN', KEYS[1]) - tonumber(ARGV[4])
if over < 1 then return 0 end
local behind = text(tonumber(ARGV[3]) + 1) .. '-0'
local cut = redis.call('XTRIM', KEYS[1], 'MINID', '~', behind, 'LIMIT', over)
if cut > 0 then
    local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
    redis.call('HSET', KEYS[2], 'start', text(place(first[1]) - 1))
end
return cut
"""


class State(NamedTuple):
    """A stream as found. Not `sound`: it is not what the hash beside it says. `groups` by name are (position, pending):
    all up to the position is acknowledged."""

    mark: str
    examined: int
    start: int
    sound: bool
    entries: int
    groups: dict[str, tuple[int, int]]


class Scripts:
    """The scripts, on a client; each is sent once, and again where Valkey has forgotten it."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        names = {"look": _LOOK, "begin": _BEGIN, "append": _APPEND, "put": _PUT, "trim": _TRIM}
        self._known = {name: client.register_script(_KNOWN + script) for name, script in names.items()}

    def run(self, name: str, keys: Sequence[str], *arguments: str | int | bytes) -> Any:
        """The answer of a script."""
        return self._known[name](keys=keys, args=arguments)


class Stream:
    """The stream of a subscription."""

    def __init__(self, scripts: Scripts, name: str) -> None:
        key = key_of(name)
        self._scripts, self._keys = scripts, (key, f"kams:stream-at:{{{key}}}")

    def look(self) -> State:
        """What is there now."""
        mark, examined, start, sound, entries, groups = self._scripts.run("look", self._keys)
        found = {name.decode(): (int(position), int(pending)) for name, position, pending in groups}
        return State(mark.decode(), int(examined), int(start), bool(sound), entries, found)

    def begin(self, seen: State, mark: str, start: int, cap: int | None, groups: Mapping[str, int]) -> bool:
        """Begin anew after a position, unless it has changed since it was seen. Groups stay where they are, at `cap` at
        most; those named stand at their positions, or are REMOVED."""
        named = [each for name, position in groups.items() for each in (name, position)]
        arguments = (mark, seen.mark, seen.examined, start, -1 if cap is None else cap, *named)
        return bool(self._scripts.run("begin", self._keys, *arguments))

    def append(self, mark: str, before: int, examined: int, entries: Sequence[tuple[int, bytes]]) -> bool:
        """Add (position, event), where the stream goes exactly to `before`; it goes to `examined` then."""
        flat = [each for entry in entries for each in entry]
        return bool(self._scripts.run("append", self._keys, mark, before, examined, *flat))

    def put(self, mark: str, examined: int, group: str, position: int) -> bool:
        """Have a group stand at a position, or REMOVED."""
        return bool(self._scripts.run("put", self._keys, mark, examined, group, position))

    def trim(self, mark: str, examined: int, behind: int, keep: int) -> int:
        """Cut off entries up to a position, but keep so many of the newest; how many went."""
        return int(self._scripts.run("trim", self._keys, mark, examined, behind, keep))

    def delete(self) -> None:
        """Remove it and its groups."""
        self._scripts.client.delete(*self._keys)
