-- What batches read: places, scenarios, climate series, and the revision of each input that a batch pins.

CREATE TABLE climatebatch.grids (
  grid_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  role text NOT NULL DEFAULT 'target' CHECK (role IN ('target', 'source')),
  step_degrees double precision NOT NULL DEFAULT 0.0001 CHECK (step_degrees > 0)
);
COMMENT ON COLUMN climatebatch.grids.role IS 'target: results are computed for its cells; source: its series serve the cells of other grids';
COMMENT ON COLUMN climatebatch.grids.step_degrees IS 'degrees; coordinates are rounded to it on ingest, so that latitude = 37.57 finds its cell';

CREATE TABLE climatebatch.grid_cells (
  cell_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  grid_id integer NOT NULL REFERENCES climatebatch.grids,
  latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
  longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
  attributes jsonb NOT NULL DEFAULT '{}',
  UNIQUE (grid_id, latitude, longitude)
);
CREATE INDEX grid_cells_place ON climatebatch.grid_cells (latitude, longitude);
COMMENT ON COLUMN climatebatch.grid_cells.latitude IS 'degrees north';
COMMENT ON COLUMN climatebatch.grid_cells.longitude IS 'degrees east, -180 to 180';

CREATE TABLE climatebatch.scenarios (
  scenario_id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  experiment text,
  model text,
  member text,
  bias_adjustment text,
  parent_id smallint REFERENCES climatebatch.scenarios,
  first_year smallint,
  calendar text NOT NULL CHECK (calendar IN ('standard', 'noleap', '360_day')),
  data_first_year smallint,
  data_last_year smallint,
  CHECK ((parent_id IS NULL) = (first_year IS NULL)),
  CHECK (parent_id <> scenario_id)
);
COMMENT ON COLUMN climatebatch.scenarios.first_year IS 'years before it are the parent''s, from it on the scenario''s own';
COMMENT ON COLUMN climatebatch.scenarios.data_first_year IS 'first and last year of any series of this scenario; ingest keeps them, a batch refuses rows outside';

CREATE TABLE climatebatch.climate_data (
  cell_id integer NOT NULL,
  scenario_id smallint NOT NULL,
  year smallint NOT NULL,
  variable text NOT NULL,
  frequency text NOT NULL CHECK (frequency IN ('daily', 'monthly', 'yearly')),
  values bytea NOT NULL,
  PRIMARY KEY (cell_id, scenario_id, variable, frequency, year),
  CHECK (octet_length(values) IN (4, 48, 1440, 1460, 1464))
);
-- Noise does not compress: not even tried.
ALTER TABLE climatebatch.climate_data ALTER COLUMN values SET STORAGE EXTERNAL;
COMMENT ON TABLE climatebatch.climate_data IS 'one row a year; no foreign keys: a check per row would halve the loading of a billion rows';
COMMENT ON COLUMN climatebatch.climate_data.values IS 'little-endian float32 in the canonical unit of the variable, NaN where missing: 360, 365 or 366 days by the calendar, 12 months, or 1 year';

CREATE TABLE climatebatch.input_revisions (
  input text PRIMARY KEY,
  revision bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE climatebatch.input_revisions IS 'grows with every change: climate_data/SCENARIO by ingest, climate_data by hand, grid/NAME by either';

CREATE FUNCTION climatebatch.bump_input(changed text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO climatebatch.input_revisions AS known (input, revision) VALUES (changed, 1)
  ON CONFLICT (input) DO UPDATE SET revision = known.revision + 1
$$;

-- Reading the changed rows to learn their scenarios would cost a copy of the load. Who loads says what it loads, in the
-- setting climatebatch.loading; a change that says nothing counts as a change of every scenario.
CREATE FUNCTION climatebatch.climate_data_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM climatebatch.bump_input(coalesce(nullif(current_setting('climatebatch.loading', true), ''), 'climate_data'));
  RETURN NULL;
END $$;
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON climatebatch.climate_data
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.climate_data_changed();

CREATE FUNCTION climatebatch.grid_cells_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM climatebatch.bump_input('grid/' || g.name)
  FROM (SELECT DISTINCT grid_id FROM changed_rows ORDER BY grid_id) AS c JOIN climatebatch.grids AS g USING (grid_id);
  RETURN NULL;
END $$;
CREATE TRIGGER inserted AFTER INSERT ON climatebatch.grid_cells REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.grid_cells_changed();
CREATE TRIGGER updated AFTER UPDATE ON climatebatch.grid_cells REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.grid_cells_changed();
CREATE TRIGGER deleted AFTER DELETE ON climatebatch.grid_cells REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.grid_cells_changed();

CREATE FUNCTION climatebatch.scenario_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM climatebatch.bump_input('climate_data/' || OLD.name);
  RETURN NULL;
END $$;
CREATE TRIGGER changed AFTER UPDATE OR DELETE ON climatebatch.scenarios
  FOR EACH ROW EXECUTE FUNCTION climatebatch.scenario_changed();

-- For people, a place at a time.
CREATE FUNCTION climatebatch.unpack_float32(packed bytea) RETURNS real[]
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT array_agg(CASE
    WHEN exponent = 255 AND fraction <> 0 THEN 'NaN'::real
    WHEN exponent = 255 THEN (CASE sign WHEN 1 THEN '-Infinity' ELSE 'Infinity' END)::real
    WHEN exponent = 0 THEN ((1 - 2 * sign) * fraction * 2.0::float8 ^ (-149))::real
    ELSE ((1 - 2 * sign) * (8388608 + fraction) * 2.0::float8 ^ (exponent - 150))::real END ORDER BY at)
  FROM (
    SELECT at, b3 >> 7 AS sign, ((b3 & 127) << 1) | (b2 >> 7) AS exponent, ((b2 & 127) << 16) | (b1 << 8) | b0 AS fraction
    FROM (
      SELECT at, get_byte(packed, at) AS b0, get_byte(packed, at + 1) AS b1, get_byte(packed, at + 2) AS b2, get_byte(packed, at + 3) AS b3
      FROM generate_series(0, octet_length(packed) - 4, 4) AS at
    ) AS bytes
  ) AS parts
$$;
COMMENT ON FUNCTION climatebatch.unpack_float32 IS 'the values of one row of climate_data; about a microsecond a value: for a place, not for a country';

CREATE VIEW climatebatch.climate_values AS
  SELECT s.name AS scenario, c.latitude, c.longitude, g.name AS grid, d.variable, d.frequency, d.year, v.position, v.value
  FROM climatebatch.climate_data AS d
  JOIN climatebatch.grid_cells AS c USING (cell_id)
  JOIN climatebatch.grids AS g USING (grid_id)
  JOIN climatebatch.scenarios AS s USING (scenario_id),
  LATERAL unnest(climatebatch.unpack_float32(d.values)) WITH ORDINALITY AS v (value, position);
COMMENT ON VIEW climatebatch.climate_values IS 'a row per value, position counting days or months from 1; ask for a place: WHERE latitude = … AND longitude = …';
