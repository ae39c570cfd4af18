-- Who is signed in at the console. Only the hash of the cookie's secret is kept; a session that ended stays for a while,
-- since the next one says what changed since it began. `locks`: how often the member had been locked out by then.
create table console_sessions (
    id text primary key,
    hash bytea not null unique,
    member uuid not null,
    how text not null check (how in ('token', 'password', 'oidc')),
    began_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    previous_at timestamptz,
    locks integer not null,
    ended_at timestamptz
);
create index console_sessions_member on console_sessions (member, began_at);

-- Addresses that sign a member in: used once. Only their hashes are kept.
create table sign_in_tokens (hash bytea primary key, member uuid not null, expires_at timestamptz not null);
