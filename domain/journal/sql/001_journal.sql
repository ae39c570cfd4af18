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
create index claims_position on claims (position);

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

-- One call appends a group of commands and answers for each, so that one refusal spoils no neighbour. The commands
-- of a group do not touch each other's streams or claims. The *_of arrays say to which command (1..n) a guard, claim,
-- released claim or event belongs, claim_events to which event of the group. A command without events is a bulk
-- append: its events follow by COPY in the same transaction, from first_position on.
-- A plan made while the table was small must not read all of it later: hence the settings.
create function append_commands(
    command_ids uuid[], digests bytea[],
    guard_of integer[], guard_ids uuid[], guard_versions integer[],
    claim_of integer[], claim_events integer[], claim_kinds text[], claim_scopes text[], claim_values text[],
    claim_ids uuid[], release_of integer[], released bigint[],
    event_of integer[], ids uuid[], versions integer[], topics text[], states bytea[]
) returns table (outcome text, first_position bigint, last_position bigint, at timestamptz, detail text)
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
    head bigint; newest timestamptz; judged text[]; firsts bigint[]; moments timestamptz[]; details text[];
begin
    perform pg_advisory_xact_lock(7402116);
    select e.position, e.recorded_at into head, newest from events e order by e.position desc limit 1;
    head := coalesce(head, 0);
    newest := greatest(clock_timestamp(), newest + interval '1 microsecond');

    with repeated as (
        select c, e.position, e.recorded_at, e.command_digest = digests[c] as alike
        from generate_subscripts(command_ids, 1) c cross join lateral (
            select * from events where command_id = command_ids[c] and command_digest is not null limit 1) e
    ), stale as (
        select g.command, min(g.id::text) as stream from unnest(guard_of, guard_ids, guard_versions) g(command, id, version)
        where g.version <> coalesce(
            (select e.version from events e where e.aggregate_id = g.id order by e.version desc limit 1), 0)
        group by g.command
    ), taken as (
        select w.command, min(json_build_array(k.kind, k.scope, k.value, k.aggregate_id, k.position)::text) as claim
        from unnest(claim_of, claim_kinds, claim_scopes, claim_values) w(command, kind, scope, value)
        cross join lateral (
            select * from claims k where k.kind = w.kind and k.scope = w.scope and k.value = w.value limit 1) k
        where k.position <> all (released) group by w.command
    )
    select
        array_agg(case when r.alike then 'repeated' when not r.alike then 'different' when s.stream is not null
            then 'conflict' when t.claim is not null then 'claimed' else 'recorded' end order by c),
        array_agg(r.position order by c), array_agg(r.recorded_at order by c),
        array_agg(coalesce(s.stream, t.claim) order by c)
    into judged, firsts, moments, details
    from generate_subscripts(command_ids, 1) c
    left join repeated r using (c) left join stale s on s.command = c left join taken t on t.command = c;

    if cardinality(released) > 0 then
        delete from claims k using unnest(release_of, released) r(command, position)
            where k.position = r.position and judged[r.command] = 'recorded';
    end if;
    if cardinality(claim_of) > 0 then
        insert into claims (kind, scope, value, aggregate_id, position)
            select w.kind, w.scope, w.value, w.id, head + w.event - (
                select count(*) from unnest(event_of) with ordinality e(command, n)
                where e.n < w.event and judged[e.command] <> 'recorded')
            from unnest(claim_of, claim_events, claim_kinds, claim_scopes, claim_values, claim_ids)
                w(command, event, kind, scope, value, id)
            where judged[w.command] = 'recorded';
    end if;
    return query with appended as (
        insert into events (position, recorded_at, aggregate_id, command_id, version, topic, command_digest, state)
            select head + row_number() over (order by e.n), newest + (e.command - 1) * interval '1 microsecond', e.id,
                command_ids[e.command], e.version, e.topic,
                case when e.command is distinct from lag(e.command) over (order by e.n) then digests[e.command] end,
                e.state
            from unnest(event_of, ids, versions, topics, states) with ordinality e(command, id, version, topic, state, n)
            where judged[e.command] = 'recorded'
            returning position, recorded_at
    ), steps as (
        select recorded_at, min(position) as first, max(position) as last from appended group by recorded_at
    )
    select judged[c], case when judged[c] = 'recorded' then coalesce(s.first, head + 1) else firsts[c] end,
        case when judged[c] = 'recorded' then s.last else end_of_append(firsts[c]) end,
        case when judged[c] = 'recorded' then newest + (c - 1) * interval '1 microsecond' else moments[c] end,
        details[c]
    from generate_subscripts(command_ids, 1) c
    left join steps s on s.recorded_at = newest + (c - 1) * interval '1 microsecond'
    order by c;
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
