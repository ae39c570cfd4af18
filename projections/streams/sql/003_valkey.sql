-- What consumer groups of Valkey streams have acknowledged, noted each second: Valkey may lose it. `epoch` is the restore
-- after which it was noted; `asked` a position that somebody wants the group to stand at, until it stands there.
create table valkey_groups (
    subscription uuid not null,
    name text not null,
    position bigint not null,
    epoch bigint not null,
    pending bigint not null default 0,
    asked bigint,
    removed boolean not null default false,
    noted_at timestamptz not null default clock_timestamp(),
    primary key (subscription, name)
);

-- How far each subscription's stream goes: everything for it after `start` and up to `examined` is in it.
create table valkey_streams (
    subscription uuid primary key,
    start bigint not null,
    examined bigint not null,
    entries bigint not null,
    waits text not null default '', -- why it goes no further
    noted_at timestamptz not null default clock_timestamp()
);
