-- Tickets to the live stream: used once, within a minute. Only their hashes are kept.
create table stream_tickets (hash bytea primary key, key_id text not null, expires_at timestamptz not null);
