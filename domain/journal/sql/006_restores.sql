-- Each restore of this journal from a backup: when, from a backup of when, and where the journal's head then was.
create table restores (
    at timestamptz primary key default clock_timestamp(),
    made_at timestamptz not null,
    head bigint not null,
    digest bytea not null -- SHA-256 of the backup's manifest
);
create trigger restores_stay before update or delete or truncate on restores
    for each statement execute function refuse_change();
