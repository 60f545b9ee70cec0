-- Batches that a cluster asked for: which ClimateBatch each belongs to, and which installation of the operator runs it.

DO $add$
BEGIN
  FOR tries IN 1..200 LOOP
    BEGIN
      -- Every reader of results reads batches: nobody may queue behind this.
      SET LOCAL lock_timeout = '50ms';
      ALTER TABLE climatebatch.batches
        ADD COLUMN installation text,
        ADD COLUMN climate_batch text,
        ADD COLUMN climate_batch_uid text UNIQUE,
        ADD CONSTRAINT batches_of_climate_batches CHECK (num_nulls(installation, climate_batch, climate_batch_uid) IN (0, 3));
      RETURN;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.25);
    END;
  END LOOP;
  RAISE EXCEPTION 'climatebatch.batches is being used in open transactions for a minute and could not get columns'
    USING ERRCODE = 'lock_not_available', HINT = 'End them (see pg_stat_activity), then migrate again.';
END $add$;
CREATE INDEX batches_of_installation ON climatebatch.batches (installation) WHERE state = 'running' AND installation IS NOT NULL;
COMMENT ON COLUMN climatebatch.batches.installation IS 'which operator runs the batch; null: a command or serve';
COMMENT ON COLUMN climatebatch.batches.climate_batch IS 'name of its ClimateBatch, in a cluster';
COMMENT ON COLUMN climatebatch.batches.climate_batch_uid IS 'uid of its ClimateBatch: planning the same one again finds this batch';
