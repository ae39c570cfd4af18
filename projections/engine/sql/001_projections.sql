-- Where every version of every read model stands, and what waits for somebody to mend it.
create table projections (
    model text not null,
    version integer not null,
    rebuilding boolean not null default false,
    shape text not null,
    position bigint not null default 0,
    indexed boolean not null default false,
    rebuilt_at timestamptz,
    primary key (model, version, rebuilding)
);

-- A row's key, or (whole_stream) all rows of a stream, whose events wait since the one at `position`.
create table parked (
    model text not null,
    version integer not null,
    rebuilding boolean not null default false,
    key uuid not null,
    whole_stream boolean not null,
    position bigint not null,
    error text not null,
    parked_at timestamptz not null default clock_timestamp(),
    primary key (model, version, rebuilding, key, whole_stream)
);
