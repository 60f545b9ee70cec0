-- Towards a table of series for each scenario: no row of the present one is of a scenario that is yet to come, in three steps.
-- First the promise, for new rows only. Scenarios made until the third step keep to it.

DO $promise$
DECLARE
  scenarios_to_be integer;
BEGIN
  -- Autovacuum gives way to who waits for a second. Readers and loads do not wait behind this lock.
  LOCK TABLE climatebatch.climate_data IN SHARE UPDATE EXCLUSIVE MODE;
  FOR tries IN 1..200 LOOP
    BEGIN
      SET LOCAL lock_timeout = '50ms';
      LOCK TABLE climatebatch.climate_data IN ACCESS EXCLUSIVE MODE;
      SELECT CASE WHEN is_called THEN last_value + 100 ELSE 0 END INTO scenarios_to_be FROM climatebatch.scenarios_scenario_id_seq;
      EXECUTE format('ALTER TABLE climatebatch.climate_data ADD CONSTRAINT climate_data_bound CHECK (scenario_id < %s::smallint) NOT VALID',
        scenarios_to_be + 1);
      RETURN;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.25);
    END;
  END LOOP;
  RAISE EXCEPTION 'climatebatch.climate_data is being used in open transactions for a minute and could not get a constraint'
    USING ERRCODE = 'lock_not_available', HINT = 'Let batches and loads end, or end what else reads it (see pg_stat_activity), then migrate again.';
END $promise$;
