-- Shards may read their inputs from standbys of the server; where one could not, it is recorded why.

DO $add$
BEGIN
  FOR tries IN 1..200 LOOP
    BEGIN
      SET LOCAL lock_timeout = '50ms';
      ALTER TABLE climatebatch.batch_shards ADD COLUMN replica_trouble text
        CHECK (replica_trouble IN ('unreachable', 'behind', 'lost'));
      RETURN;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.25);
    END;
  END LOOP;
  RAISE EXCEPTION 'climatebatch.batch_shards is being used in open transactions for a minute and could not get a column'
    USING ERRCODE = 'lock_not_available', HINT = 'End them (see pg_stat_activity), then migrate again.';
END $add$;
COMMENT ON COLUMN climatebatch.batch_shards.replica_trouble IS
  'why the shard read inputs from the primary although standbys are configured; null: it did not';
