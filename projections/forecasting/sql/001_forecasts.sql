-- Models are derived: numbers learned from the journal, with the position that they saw. They may be learned again.
create table forecast_models (
    version text primary key,
    method text not null,
    fitted_as_of timestamptz not null, -- what could be known at that moment is what it learned from
    known_at bigint not null,          -- and no event after this position
    deals integer not null,            -- closed ones that it learned from
    made_at timestamptz not null default clock_timestamp(),
    numbers bytea not null
);
create index forecast_models_as_of on forecast_models (fitted_as_of, known_at);

-- Every forecast that was shown or scheduled, as it was, with what it rests on. What a forecast said is evidence.
create table forecasts (
    id bigint generated always as identity primary key,
    digest bytea not null unique, -- of everything below but the moment: the same forecast shown twice is kept once
    kept_at timestamptz not null default clock_timestamp(),
    reason text not null check (reason in ('shown', 'scheduled')),
    as_of timestamptz not null,
    known_at bigint not null,
    position bigint not null,
    period text not null,
    first_day date not null,
    last_day date not null,
    scope text not null,
    model text not null,
    model_version text not null,
    content bytea not null
);
create index forecasts_period on forecasts (last_day, first_day);
create trigger forecasts_stay before update or delete or truncate on forecasts
    for each statement execute function refuse_change();
