-- The state of the workers: all of it is here, none of it in Valkey.
create table leases (name text primary key, holder uuid not null, until timestamptz not null);
create table timers (name text primary key, due_at timestamptz not null);
create table workers (
    id uuid primary key,
    host text not null,
    pid integer not null,
    backend integer not null, -- the server's process behind the worker's connection: gone when the worker is
    started_at timestamptz not null default clock_timestamp(),
    seen_at timestamptz not null default clock_timestamp()
);
