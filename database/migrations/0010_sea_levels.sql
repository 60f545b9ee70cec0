-- The sea: how high it comes at stations, how much it rises, and its lowest way to each cell.

CREATE TABLE climatebatch.extreme_sea_levels (
  station text PRIMARY KEY,
  latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
  longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
  location double precision,
  scale double precision CHECK (scale > 0),
  shape double precision,
  return_periods double precision[],
  levels double precision[],
  years smallint[],
  maxima double precision[],
  reference_year double precision,
  record_years smallint CHECK (record_years > 0),
  datum_offset double precision,
  CHECK (num_nonnulls(location, return_periods, years) = 1),
  CHECK (num_nulls(location, scale, shape) IN (0, 3)),
  CHECK (num_nulls(return_periods, levels) <> 1 AND cardinality(return_periods) IS NOT DISTINCT FROM cardinality(levels)),
  CHECK (num_nulls(years, maxima) <> 1 AND cardinality(years) IS NOT DISTINCT FROM cardinality(maxima))
);
COMMENT ON TABLE climatebatch.extreme_sea_levels IS
  'law of a year''s highest level at a station, in one of three shapes: parameters (location, scale, shape), levels of return periods, or yearly maxima';
COMMENT ON COLUMN climatebatch.extreme_sea_levels.latitude IS 'degrees north';
COMMENT ON COLUMN climatebatch.extreme_sea_levels.longitude IS 'degrees east, -180 to 180';
COMMENT ON COLUMN climatebatch.extreme_sea_levels.location IS 'm above the station''s datum; scale: m';
COMMENT ON COLUMN climatebatch.extreme_sea_levels.shape IS 'GEV shape of Hosking''s sign (negative: heavy tail; minus Coles'' xi); 0: Gumbel';
COMMENT ON COLUMN climatebatch.extreme_sea_levels.return_periods IS 'years; levels and maxima: m above the station''s datum';
COMMENT ON COLUMN climatebatch.extreme_sea_levels.reference_year IS 'middle of the years behind parameters or levels; null: taken as 2005';
COMMENT ON COLUMN climatebatch.extreme_sea_levels.record_years IS 'how many years stand behind parameters or levels; null: results carry no intervals';
COMMENT ON COLUMN climatebatch.extreme_sea_levels.datum_offset IS 'm to add, from the station''s datum to that of the cells'' elevations; null: taken as 0';

CREATE TABLE climatebatch.sea_level_rise (
  series text NOT NULL,
  experiment text NOT NULL,
  latitude double precision CHECK (latitude BETWEEN -90 AND 90),
  longitude double precision CHECK (longitude BETWEEN -180 AND 180),
  years smallint[] NOT NULL,
  rises double precision[] NOT NULL,
  PRIMARY KEY (series, experiment),
  CHECK (num_nulls(latitude, longitude) <> 1),
  CHECK (cardinality(years) > 0 AND cardinality(years) = cardinality(rises))
);
COMMENT ON TABLE climatebatch.sea_level_rise IS 'mean sea level at a place, or without one for all; of an experiment such as ssp245';
COMMENT ON COLUMN climatebatch.sea_level_rise.rises IS 'm above the mean of 1995-2014, one per year of years';

CREATE TABLE climatebatch.sea_connections (
  cell_id integer PRIMARY KEY REFERENCES climatebatch.grid_cells ON DELETE CASCADE,
  level double precision NOT NULL,
  distance double precision NOT NULL CHECK (distance >= 0)
);
COMMENT ON TABLE climatebatch.sea_connections IS 'made by climatebatch connectivity from the elevations of a grid: the sea''s lowest way to a cell';
COMMENT ON COLUMN climatebatch.sea_connections.level IS 'm that the sea must have to reach the cell, its fall on the way included; distance: km of that way';

CREATE TABLE climatebatch.derived_inputs (
  derived text PRIMARY KEY,
  input text NOT NULL,
  revision bigint NOT NULL
);
COMMENT ON TABLE climatebatch.derived_inputs IS 'inputs made from another input, and the revision of it that they were made from: another revision now makes them stale';

CREATE FUNCTION climatebatch.input_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM climatebatch.bump_input(TG_TABLE_NAME);
  RETURN NULL;
END $$;
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON climatebatch.extreme_sea_levels
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.input_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON climatebatch.sea_level_rise
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.input_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON climatebatch.sea_connections
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.input_changed();

-- What the way of the sea is made from: elevations, and which cells are sea. Other attributes may change without a new search.
CREATE FUNCTION climatebatch.elevations_given() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM climatebatch.bump_input('elevation/' || g.name)
  FROM (SELECT DISTINCT grid_id FROM changed_rows WHERE attributes ?| ARRAY['elevation', 'landFraction'] ORDER BY grid_id) AS c
  JOIN climatebatch.grids AS g USING (grid_id);
  RETURN NULL;
END $$;
CREATE FUNCTION climatebatch.elevations_replaced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM climatebatch.bump_input('elevation/' || g.name)
  FROM (
    SELECT DISTINCT b.grid_id FROM rows_before AS b LEFT JOIN rows_after AS a USING (cell_id)
    WHERE (b.attributes -> 'elevation', b.attributes -> 'landFraction', b.latitude, b.longitude, b.grid_id)
      IS DISTINCT FROM (a.attributes -> 'elevation', a.attributes -> 'landFraction', a.latitude, a.longitude, a.grid_id)
    ORDER BY b.grid_id
  ) AS c JOIN climatebatch.grids AS g USING (grid_id);
  RETURN NULL;
END $$;
CREATE TRIGGER elevations_inserted AFTER INSERT ON climatebatch.grid_cells REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.elevations_given();
CREATE TRIGGER elevations_updated AFTER UPDATE ON climatebatch.grid_cells
  REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.elevations_replaced();
CREATE TRIGGER elevations_deleted AFTER DELETE ON climatebatch.grid_cells REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.elevations_given();
