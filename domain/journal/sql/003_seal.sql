-- The seal: who this system is, the hashes of its events in tiles of 256, and signed checkpoints.
create table system (id uuid primary key);
insert into system values (gen_random_uuid());

-- Tile (0, n) holds the hashes of leaves 256 n to 256 n + 255, tile (k, n) those of full tiles (k - 1, 256 n) and on,
-- 32 bytes each. The last tile of a level grows at its end, nothing else ever changes.
create table seal_tiles (
    level smallint not null,
    index bigint not null,
    hashes bytea not null,
    primary key (level, index)
);
alter table seal_tiles alter column hashes set storage external; -- hashes do not compress

create table checkpoints (size bigint primary key, note text not null);

create function refuse_change_of_seal() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if (new.level, new.index) = (old.level, old.index)
            and substr(new.hashes, 1, length(old.hashes)) = old.hashes then return new; end if;
    end if;
    raise exception 'The seal is append-only: % of % is refused.', tg_op, tg_table_name using errcode = 'KA002';
end $$;
create trigger seal_tiles_grow before update on seal_tiles for each row execute function refuse_change_of_seal();
create trigger seal_tiles_stay before delete or truncate on seal_tiles
    for each statement execute function refuse_change_of_seal();
create trigger checkpoints_stay before update or delete or truncate on checkpoints
    for each statement execute function refuse_change();
