-- The keys by which this system's checkpoints are signed: their public halves, the newest signs.
create table seal_keys (
    verifier text primary key,
    since timestamptz not null default clock_timestamp()
);
create trigger seal_keys_stay before update or delete or truncate on seal_keys
    for each statement execute function refuse_change();

-- Why nothing is sealed, while that is so.
create table seal_faults (
    single boolean primary key default true check (single),
    reason text not null,
    since timestamptz not null
);

-- How far each place outside the database has been told; a folder and a standard output are a machine's own.
create table anchors (
    name text not null,
    host text not null default '',
    size bigint not null default 0,
    anchored_at timestamptz,
    failures integer not null default 0, -- since the last success
    tried_at timestamptz,
    error text not null default '',
    contradicts boolean not null default false, -- what is kept there and the journal exclude each other
    primary key (name, host)
);
