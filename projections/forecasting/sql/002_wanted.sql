-- Models that a question asked for and no one has fitted: a worker does, and takes the line away.
create table forecast_models_wanted (
    fitted_as_of timestamptz not null,
    known_at bigint not null,
    asked_at timestamptz not null default clock_timestamp(),
    primary key (fitted_as_of, known_at)
);
