-- What lets a role lock a row that it may not change: SELECT … FOR SHARE asks for the right to update any one column.

DO $add$
BEGIN
  FOR tries IN 1..200 LOOP
    BEGIN
      -- Every reader of results reads batches: nobody may queue behind this.
      SET LOCAL lock_timeout = '50ms';
      ALTER TABLE climatebatch.batches ADD COLUMN row_lock boolean CHECK (row_lock IS NULL);
      ALTER TABLE climatebatch.input_revisions ADD COLUMN row_lock boolean CHECK (row_lock IS NULL);
      RETURN;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.25);
    END;
  END LOOP;
  RAISE EXCEPTION 'climatebatch.batches and input_revisions are being used in open transactions for a minute and could not get a column'
    USING ERRCODE = 'lock_not_available', HINT = 'End them (see pg_stat_activity), then migrate again.';
END $add$;
COMMENT ON COLUMN climatebatch.batches.row_lock IS 'always null; the right to update it is the right to lock the row';
COMMENT ON COLUMN climatebatch.input_revisions.row_lock IS 'always null; the right to update it is the right to lock the row';
