-- When rows of a model changed last: what was answered from them before then holds as long as it stays.
alter table projections add column changed_at timestamptz not null default clock_timestamp();
