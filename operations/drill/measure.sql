-- What a restored database is compared by: one line of JSON, and the time when it was true.
-- Counters come before rows, so that what they say has changed since is never too little: the first look at them keeps
-- them all until the end (stats_fetch_consistency=snapshot: PostgreSQL 17, 27.2.3).
begin;
select sum(n_tup_ins) as seen from pg_stat_user_tables \gset
select json_build_object(
  'schema', case when to_regclass('public._prisma_migrations') is not null then
    (xpath('/row/n/text()', query_to_xml('select migration_name as n from public._prisma_migrations
      where finished_at is not null and rolled_back_at is null order by finished_at desc limit 1', false, true, '')))[1]::text
  end,
  -- By every column of a time; of one without a zone, Prisma writes UTC. What is to come is no row of today.
  'newest', (
    select max((xpath('/row/n/text()', query_to_xml(format('select extract(epoch from max(%1$I)) as n from %2$I.%3$I
      where %1$I <= now()', column_name, table_schema, table_name), false, true, '')))[1]::text::float8)
    from information_schema.columns
    join pg_stat_user_tables on schemaname = table_schema and relname = table_name
    where data_type like 'timestamp%'
  ),
  'tables', (
    select coalesce(json_object_agg(schemaname || '.' || relname, json_build_object(
      'rows', (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I.%I', schemaname, relname),
        false, true, '')))[1]::text::bigint,
      'inserted', n_tup_ins,
      'deleted', n_tup_del)), '{}')
    from pg_stat_user_tables
  )
);
select json_build_object('at', extract(epoch from clock_timestamp()));
commit;
