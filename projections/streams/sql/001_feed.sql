-- What integrators read: every event of the journal as a CloudEvent, without personal data, at its own position. Rows
-- come in the order of positions, without gaps, and never change. `sealed` holds the ciphertexts that belong into it.
-- `whole` is false of an event that could not be read, and of those after it in its stream: what they changed is unknown.
create table feed (
    position bigint primary key,
    recorded_at timestamptz not null,
    type text not null,
    subject uuid not null,
    account uuid,
    territory text not null default '',
    origin text not null default '',
    event json not null,
    sealed bytea,
    whole boolean not null default true
);
create index feed_account on feed (account, position);
create index feed_not_whole on feed (subject, position) where not whole;
create trigger feed_stays before update or delete or truncate on feed
    for each statement execute function refuse_change();
