-- Tropical cyclones of a best-track record, one record for all grids: storms, their points, and the years that are known whole.

CREATE TABLE climatebatch.storm_records (
  agency text PRIMARY KEY,
  first_year smallint NOT NULL,
  last_year smallint NOT NULL,
  CHECK (first_year <= last_year)
);
-- Two agencies tell of the same storms: together they would count twice.
CREATE UNIQUE INDEX storm_records_one ON climatebatch.storm_records ((true));
COMMENT ON TABLE climatebatch.storm_records IS 'one row: whose best tracks are stored, and the years whose storms are all known, those without a storm included';

CREATE TABLE climatebatch.storms (
  storm_id text PRIMARY KEY,
  name text,
  season smallint NOT NULL,
  basin text CHECK (basin IN ('EP', 'NA', 'NI', 'SA', 'SI', 'SP', 'WP'))
);
COMMENT ON COLUMN climatebatch.storms.season IS 'year that the agency counts the storm to';

CREATE TABLE climatebatch.storm_points (
  storm_id text NOT NULL REFERENCES climatebatch.storms ON DELETE CASCADE,
  time timestamptz NOT NULL,
  latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
  longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
  pressure double precision,
  environment_pressure double precision,
  wind double precision,
  radius double precision,
  grade text CHECK (grade IN ('TD', 'TS', 'STS', 'TY', 'ET')),
  gale_long double precision,
  gale_short double precision,
  gale_bearing double precision,
  storm_long double precision,
  storm_short double precision,
  storm_bearing double precision,
  PRIMARY KEY (storm_id, time)
);
COMMENT ON COLUMN climatebatch.storm_points.latitude IS 'degrees north';
COMMENT ON COLUMN climatebatch.storm_points.longitude IS 'degrees east, -180 to 180';
COMMENT ON COLUMN climatebatch.storm_points.pressure IS 'hPa, in the centre; environment_pressure: hPa, around the storm';
COMMENT ON COLUMN climatebatch.storm_points.wind IS 'm s-1, highest wind sustained for one minute at 10 m';
COMMENT ON COLUMN climatebatch.storm_points.radius IS 'km, of that highest wind';
COMMENT ON COLUMN climatebatch.storm_points.grade IS 'tropical depression, tropical storm, severe tropical storm, typhoon; extratropical';
COMMENT ON COLUMN climatebatch.storm_points.gale_long IS 'km: long and short radius of 15 m s-1 sustained for ten minutes; gale_bearing: degrees from north of the long one, null for a circle';
COMMENT ON COLUMN climatebatch.storm_points.storm_long IS 'the same for 25 m s-1';

CREATE FUNCTION climatebatch.storms_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM climatebatch.bump_input('storms');
  RETURN NULL;
END $$;
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON climatebatch.storm_records
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.storms_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON climatebatch.storms
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.storms_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON climatebatch.storm_points
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.storms_changed();
