-- Which weekly digest went to whom. A row whose sent_at is empty waits: it is tried until its week is over. No address
-- and no text is here.
create table digests_sent (
    member uuid not null,
    week text not null,
    noted_at timestamptz not null default clock_timestamp(),
    failures integer not null default 0, -- of this letter; that the server is down counts for none
    tried_at timestamptz,
    error text not null default '',
    sent_at timestamptz,
    primary key (member, week)
);
create index digests_waiting on digests_sent (week) where sent_at is null;
