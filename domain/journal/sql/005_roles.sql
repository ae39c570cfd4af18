-- The functions that refuse a change look names up in the system's schema alone: whoever may make functions of his
-- own cannot slip them in. The rights themselves are given by `kams migrate`, where the server lets it (roles.py).
alter function refuse_change() set search_path = pg_catalog, pg_temp;
alter function refuse_change_of_seal() set search_path = pg_catalog, pg_temp;
