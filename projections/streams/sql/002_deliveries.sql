-- How far the events of each webhook's subscription were brought. All positions up to `cursor` are settled: delivered,
-- not for it, or owed by a parked lane. `waits_until`: the receiver asked for so much time.
create table deliveries (
    subscription uuid primary key,
    cursor bigint not null,
    waits_until timestamptz,
    reason text not null default '',
    busy integer not null default 0 -- how often in a row it asked for time
);

-- Lanes that wait: what they owe is read again from the feed, from `position` on. The lane is an account, else the
-- subject; the zero identifier where one order holds for all.
create table delivery_lanes (
    subscription uuid not null,
    lane uuid not null,
    position bigint not null,
    attempts integer not null,
    next_at timestamptz not null,
    status integer,
    reason text not null default '',
    since timestamptz not null,
    wanted boolean not null default false, -- somebody wants it to be tried at once
    primary key (subscription, lane)
);
create index delivery_lanes_wanted on delivery_lanes (subscription) where wanted;

-- Events that were given up.
create table dead_letters (
    subscription uuid not null,
    position bigint not null,
    lane uuid not null,
    attempts integer not null,
    status integer,
    reason text not null,
    at timestamptz not null,
    redelivered_at timestamptz,
    primary key (subscription, position)
);

-- Every attempt, for thirty days.
create table delivery_log (
    id bigint generated always as identity primary key,
    subscription uuid not null,
    position bigint not null,
    lane uuid not null,
    attempt integer not null,
    at timestamptz not null,
    outcome text not null,
    status integer,
    latency_ms double precision not null,
    reason text not null default '',
    excerpt text not null default '',
    redelivery bigint
);
create index delivery_log_newest on delivery_log (subscription, id);
create index delivery_log_position on delivery_log (subscription, position, id);
create index delivery_log_at on delivery_log using brin (at);

-- Hosts that were not reached several times in a row: nothing is sent there until `open_until`, then one probe.
create table delivery_hosts (
    host text primary key,
    failures integer not null,
    open_until timestamptz not null,
    probing_until timestamptz,
    reason text not null
);

-- What was asked to be sent again, and test deliveries (`kind` test).
create table redeliveries (
    id bigint generated always as identity primary key,
    subscription uuid not null,
    kind text not null check (kind in ('range', 'dead_letters', 'test')),
    from_position bigint not null default 0,
    to_position bigint not null default 0,
    rate double precision not null default 10,
    count bigint not null default 0,
    cursor bigint not null default 0,
    sent bigint not null default 0,
    failed bigint not null default 0,
    asked_by uuid not null,
    asked_at timestamptz not null default clock_timestamp(),
    state text not null default 'waiting' check (state in ('waiting', 'running', 'stopped', 'done')),
    taken_at timestamptz,
    outcome text not null default '',
    status integer,
    latency_ms double precision,
    reason text not null default '',
    excerpt text not null default ''
);
create index redeliveries_newest on redeliveries (subscription, id);
create index redeliveries_open on redeliveries (kind, id) where state in ('waiting', 'running');

-- How often what became of an attempt, since ever.
create table delivery_totals (
    subscription uuid not null,
    outcome text not null,
    count bigint not null,
    primary key (subscription, outcome)
);
