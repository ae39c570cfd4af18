-- Passwords of members, as their argon2id hashes: beside the journal, since what is recorded there stays for ever.
create table passwords (member uuid primary key, hash text not null, set_at timestamptz not null);

-- An address leads to signing in, or to the page on which a password is set.
alter table sign_in_tokens add column purpose text not null default 'sign_in' check (purpose in ('sign_in', 'password'));
-- By which people recognise their sessions, such as: Firefox, Linux.
alter table console_sessions add column browser text not null default '';

-- Attempts to sign in that failed, by a hash of the name that was stated or of the address that it came from. Every
-- attempt counts as a failure until it succeeds, so that processes side by side count alike.
create table sign_in_attempts (
    who bytea primary key, failures integer not null, failed_at timestamptz not null, until timestamptz not null
);

-- Who is forgotten leaves nothing here: whichever door, worker or restore destroys his key.
create function forget_console_member() returns trigger language plpgsql as $$
begin
    delete from passwords where member = new.key;
    delete from console_sessions where member = new.key;
    delete from sign_in_tokens where member = new.key;
    return null;
end $$;
create trigger forgotten_at_the_console after insert or update of secret on person_keys
    for each row when (new.secret is null) execute function forget_console_member();
