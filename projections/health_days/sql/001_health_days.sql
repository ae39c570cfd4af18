-- The scores of every account at the ends of days, in tenths, kept so that a page of any day reads them.
create table health_days (
    month date not null,
    account uuid not null,
    scores smallint[] not null,
    primary key (month, account)
);
comment on table health_days is 'A month of an account: its score in tenths by day of month, null where it had none.';

-- How far that is done: days from kept_from (null: from ever on) to kept_to hold, but those from again_from on.
create table health_days_accounts (
    account uuid primary key,
    kept_from date,
    kept_to date,
    again_from date
);

-- Up to which position that was looked at, in which journal, by which models and which formulas, in which time zone.
create table health_days_known (
    one boolean primary key default true check (one),
    position bigint not null,
    last_event text not null,
    edition text not null,
    zone text not null
);
