-- Ways to the company's own sign-in and back (OIDC): used once, within ten minutes. Only the hash of the state is kept.
create table oidc_ways (
    hash bytea primary key, nonce text not null, verifier text not null, next text not null, expires_at timestamptz not null
);
