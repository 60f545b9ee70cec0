-- The third step: climate_data becomes a partitioned table, and what it was is its first partition, whose rows stay where they
-- are. Each scenario from now on has a table of its own. There is no DEFAULT partition: to attach another would lock it.

DO $divide$
DECLARE
  first_new integer;
BEGIN
  SELECT substring(pg_get_constraintdef(oid) FROM '[0-9]+') INTO first_new FROM pg_constraint
    WHERE conrelid = 'climatebatch.climate_data'::regclass AND conname = 'climate_data_bound';
  LOCK TABLE climatebatch.climate_data IN SHARE UPDATE EXCLUSIVE MODE;
  FOR tries IN 1..200 LOOP
    BEGIN
      SET LOCAL lock_timeout = '50ms';
      ALTER TABLE climatebatch.climate_data RENAME TO climate_data_earlier;
      ALTER TABLE climatebatch.climate_data_earlier RENAME CONSTRAINT climate_data_pkey TO climate_data_earlier_pkey;
      CREATE TABLE climatebatch.climate_data (
        cell_id integer NOT NULL,
        scenario_id smallint NOT NULL,
        year smallint NOT NULL,
        variable text NOT NULL,
        frequency text NOT NULL CONSTRAINT climate_data_frequency_check CHECK (frequency IN ('daily', 'monthly', 'yearly')),
        values bytea NOT NULL,
        CONSTRAINT climate_data_pkey PRIMARY KEY (cell_id, scenario_id, variable, frequency, year),
        CONSTRAINT climate_data_values_check CHECK (octet_length(values) IN (4, 48, 1440, 1460, 1464))
      ) PARTITION BY RANGE (scenario_id);
      ALTER TABLE climatebatch.climate_data ALTER COLUMN values SET STORAGE EXTERNAL;
      EXECUTE format('ALTER TABLE climatebatch.climate_data ATTACH PARTITION climatebatch.climate_data_earlier FOR VALUES FROM (MINVALUE) TO (%s)', first_new);
      EXECUTE format('ALTER SEQUENCE climatebatch.scenarios_scenario_id_seq RESTART WITH %s', first_new);
      CREATE OR REPLACE VIEW climatebatch.climate_values AS
        SELECT s.name AS scenario, c.latitude, c.longitude, g.name AS grid, d.variable, d.frequency, d.year, v.position, v.value
        FROM climatebatch.climate_data AS d
        JOIN climatebatch.grid_cells AS c USING (cell_id)
        JOIN climatebatch.grids AS g USING (grid_id)
        JOIN climatebatch.scenarios AS s USING (scenario_id),
        LATERAL unnest(climatebatch.unpack_float32(d.values)) WITH ORDINALITY AS v (value, position);
      CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON climatebatch.climate_data
        FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.climate_data_changed();
      CREATE FUNCTION climatebatch.add_scenario_table() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp AS $add$
      BEGIN
        EXECUTE format('CREATE TABLE climatebatch.climate_data_%1$s (LIKE climatebatch.climate_data INCLUDING ALL, CHECK (scenario_id = %1$s::smallint))',
          NEW.scenario_id);
        EXECUTE format('CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON climatebatch.climate_data_%s
          FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.climate_data_changed()', NEW.scenario_id);
        IF current_setting('climatebatch.attaching', true) IS DISTINCT FROM 'later' THEN
          PERFORM climatebatch.attach_scenario_table(NEW.scenario_id);
        END IF;
        RETURN NULL;
      END $add$;
      EXECUTE format('CREATE TRIGGER added AFTER INSERT ON climatebatch.scenarios
        FOR EACH ROW WHEN (NEW.scenario_id >= %s) EXECUTE FUNCTION climatebatch.add_scenario_table()', first_new);
      EXIT;
    EXCEPTION WHEN lock_not_available THEN
      IF tries = 200 THEN
        RAISE EXCEPTION 'climatebatch.climate_data is being used in open transactions for a minute and could not be divided'
          USING ERRCODE = 'lock_not_available', HINT = 'Let batches and loads end, or end what else reads it (see pg_stat_activity), then migrate again.';
      END IF;
      PERFORM pg_sleep(0.25);
    END;
  END LOOP;
END $divide$;

-- The table's CHECK says what the partition's bound does, so that nothing is read here. Two who attach wait for each other, so a
-- load attaches last.
CREATE FUNCTION climatebatch.attach_scenario_table(scenario_id smallint) RETURNS void LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('ALTER TABLE climatebatch.climate_data ATTACH PARTITION climatebatch.climate_data_%s FOR VALUES FROM (%s) TO (%s)',
    scenario_id, scenario_id, scenario_id + 1);
END $$;
REVOKE ALL ON FUNCTION climatebatch.attach_scenario_table FROM PUBLIC;
COMMENT ON FUNCTION climatebatch.attach_scenario_table IS 'makes the table of a scenario a part of climate_data; a load does it last';
COMMENT ON TABLE climatebatch.climate_data IS
  'one row a year, a table a scenario; no foreign keys: a check per row would halve the loading of a billion rows';
COMMENT ON COLUMN climatebatch.climate_data.values IS
  'little-endian float32 in the canonical unit of the variable, NaN where missing: 360, 365 or 366 days by the calendar, 12 months, or 1 year';
COMMENT ON TABLE climatebatch.climate_data_earlier IS 'series of the scenarios that were there before each had a table of its own';
