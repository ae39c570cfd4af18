-- A destroyed key leaves its name behind, without a secret, so that no new key is made under it.
alter table person_keys alter column secret drop not null;
create index person_texts_key on person_texts (key);

-- The people key lies outside the database and wraps the secrets; here are only 16 bytes that name the one in use.
create table people_key (one boolean primary key default true check (one), fingerprint bytea not null);

-- Who was forgotten is asked at every question, so that no process goes on showing him.
create index events_of_forgetting on events (position) where topic in ('Person.Forgotten', 'Person.TextsForgotten');
