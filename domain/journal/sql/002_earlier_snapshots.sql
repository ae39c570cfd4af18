-- Beside the newest state of an aggregate a few earlier ones, from which a fact of the recent past is decided.
alter table snapshots drop constraint snapshots_pkey;
alter table snapshots add primary key (aggregate_id, version);
