-- Who was refused, and who read personal data: beside the journal, append-only.
create table access_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    kind text not null check (kind in ('refused', 'personal')),
    member uuid,
    key_id text not null,
    method text not null,
    path text not null,
    status integer not null,
    rule text not null,
    correlation_id uuid not null
);
create index access_log_at on access_log using brin (at);
create function refuse_access_log_change() returns trigger language plpgsql as $$
begin
    raise exception 'The access log is append-only: % is refused.', tg_op using errcode = 'KA002';
end $$;
create trigger access_log_stays before update or delete or truncate on access_log
    for each statement execute function refuse_access_log_change();
