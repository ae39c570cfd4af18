-- Which accounts were ever merged: streams that name an account bring those merged into it, too.
create index events_of_merges on events (aggregate_id) where topic = 'Account.AccountsMerged';
