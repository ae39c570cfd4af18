-- The journal: append-only, gapless positions in commit order.
create table events (
    position bigint primary key,
    recorded_at timestamptz not null,
    aggregate_id uuid not null,
    command_id uuid,
    version integer not null,
    topic text not null,
    command_digest bytea,
    state bytea not null,
    unique (aggregate_id, version)
);
create unique index events_command on events (command_id) where command_digest is not null;

create table claims (
    kind text not null,
    scope text not null,
    value text not null,
    aggregate_id uuid not null,
    position bigint not null,
    primary key (kind, scope, value)
);

create table snapshots (
    aggregate_id uuid primary key,
    version integer not null,
    topic text not null,
    state bytea not null
);

-- Keys of sealed personal data, apart from the events; destroying a key forgets what it sealed.
create table person_keys (key uuid primary key, secret bytea not null);
create table person_texts (person uuid not null, key uuid not null, primary key (person, key));

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'The journal is append-only: % of % is refused.', tg_op, tg_table_name using errcode = 'KA002';
end $$;
create trigger events_stay before update or delete or truncate on events
    for each statement execute function refuse_change();
revoke update, delete, truncate on events from current_user;

-- One call appends a group of commands and answers for each, so that one refusal spoils no neighbour.
-- The *_of arrays say to which command (1..n) a guard, claim or event belongs.
create function append_commands(
    command_ids uuid[], digests bytea[],
    guard_of integer[], guard_ids uuid[], guard_versions integer[],
    claim_of integer[], claim_events integer[], claim_kinds text[], claim_scopes text[], claim_values text[],
    event_of integer[], ids uuid[], versions integer[], topics text[], states bytea[]
) returns table (outcome text, first_position bigint, last_position bigint, at timestamptz, detail text)
language plpgsql as $$
declare
    head bigint; newest timestamptz; total integer; repeated record;
begin
    perform pg_advisory_xact_lock(7402116);
    select e.position, e.recorded_at into head, newest from events e order by e.position desc limit 1;
    head := coalesce(head, 0);
    for c in 1 .. cardinality(command_ids) loop
        outcome := 'recorded'; first_position := null; last_position := null; at := null; detail := null;
        if command_ids[c] is not null then
            select e.position, e.recorded_at, e.command_digest into repeated from events e
                where e.command_id = command_ids[c] and e.command_digest is not null;
            if found then
                outcome := case when repeated.command_digest = digests[c] then 'repeated' else 'different' end;
                first_position := repeated.position; at := repeated.recorded_at;
                select max(e.position) into last_position from events e
                    where e.position between repeated.position and repeated.position + 999
                    and e.command_id = command_ids[c] and e.recorded_at = repeated.recorded_at;
                return next; continue;
            end if;
        end if;
        select g.id::text into detail from unnest(guard_of, guard_ids, guard_versions) g(command, id, version)
            where g.command = c and g.version <> coalesce(
                (select e.version from events e where e.aggregate_id = g.id order by e.version desc limit 1), 0) limit 1;
        if found then outcome := 'conflict'; return next; continue; end if;
        select json_build_array(k.kind, k.scope, k.value, k.aggregate_id, k.position)::text into detail
            from unnest(claim_of, claim_kinds, claim_scopes, claim_values) w(command, kind, scope, value)
            join claims k using (kind, scope, value) where w.command = c limit 1;
        if found then outcome := 'claimed'; return next; continue; end if;
        newest := greatest(clock_timestamp(), newest + interval '1 microsecond');
        insert into events (position, recorded_at, aggregate_id, command_id, version, topic, command_digest, state)
            select head + row_number() over (order by n), newest, e.id, command_ids[c], e.version, e.topic,
                case when row_number() over (order by n) = 1 then digests[c] end, e.state
            from unnest(event_of, ids, versions, topics, states) with ordinality e(command, id, version, topic, state, n)
            where e.command = c;
        get diagnostics total = row_count;
        insert into claims (kind, scope, value, aggregate_id, position)
            select w.kind, w.scope, w.value, ids[w.event], head + w.event - (select min(n) from
                unnest(event_of) with ordinality e(command, n) where e.command = c) + 1
            from unnest(claim_of, claim_events, claim_kinds, claim_scopes, claim_values) w(command, event, kind, scope, value)
            where w.command = c;
        first_position := head + 1; last_position := head + total; at := newest; head := last_position;
        return next;
    end loop;
end $$;

-- The last position recorded by a moment: recorded_at rises with the position, so a search by halves suffices.
create function position_recorded_by(moment timestamptz) returns bigint language plpgsql stable as $$
declare low bigint := 0; high bigint; middle bigint;
begin
    select coalesce(max(position), 0) into high from events;
    while low < high loop
        middle := (low + high + 1) / 2;
        if (select recorded_at from events where position = middle) <= moment then low := middle;
        else high := middle - 1; end if;
    end loop;
    return low;
end $$;

-- A position rounded up to the end of its append: what was appended together becomes known together.
create function end_of_append(at bigint) returns bigint language plpgsql stable as $$
declare moment timestamptz;
begin
    select recorded_at into moment from events where position = at;
    return case when found then position_recorded_by(moment) else at end;
end $$;
