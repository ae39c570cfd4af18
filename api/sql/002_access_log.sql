-- Sign-ins and exports stand beside refusals and reads of personal data.
alter table access_log drop constraint access_log_kind_check;
alter table access_log add constraint access_log_kind_check
    check (kind in ('signed_in', 'refused', 'personal', 'exported'));
create index access_log_member on access_log (member, id);

-- When a key was last used, to the minute: after half an hour of silence its next use is a sign-in. No proof of
-- anything: what is proven stands in the log.
create table key_uses (key_id text primary key, session timestamptz not null, seen_at timestamptz not null);
