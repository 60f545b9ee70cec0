-- Series of one grid that serve the cells of another (district series under 1-km cells, sea level points under the coast), and
-- series that ingest derived from others.

CREATE TABLE climatebatch.grid_links (
  grid_id integer NOT NULL REFERENCES climatebatch.grids,
  variable text NOT NULL,
  frequency text NOT NULL CHECK (frequency IN ('daily', 'monthly', 'yearly')),
  source_grid_id integer NOT NULL REFERENCES climatebatch.grids,
  rule text NOT NULL CHECK (rule IN ('nearest', 'code', 'polygon')),
  within_km double precision,
  cells integer NOT NULL,
  PRIMARY KEY (grid_id, variable, frequency),
  CHECK (grid_id <> source_grid_id),
  CHECK ((rule = 'nearest') = (within_km IS NOT NULL))
);
COMMENT ON TABLE climatebatch.grid_links IS 'what climatebatch link made: which grid serves which variables of another, and how; a grid without a row here reads no cell_sources';
COMMENT ON COLUMN climatebatch.grid_links.within_km IS 'km; farther cells have no source';
COMMENT ON COLUMN climatebatch.grid_links.cells IS 'cells of the grid that have a source';

CREATE TABLE climatebatch.cell_sources (
  cell_id integer NOT NULL,
  variable text NOT NULL,
  frequency text NOT NULL,
  source_cell_id integer NOT NULL,
  distance_km real NOT NULL,
  PRIMARY KEY (cell_id, variable, frequency)
);
COMMENT ON TABLE climatebatch.cell_sources IS 'whose series a cell uses for a variable and frequency that it has none of its own of; no foreign keys: a check per row would halve the loading';
COMMENT ON COLUMN climatebatch.cell_sources.distance_km IS 'km along the great circle';

CREATE FUNCTION climatebatch.cell_sources_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM climatebatch.bump_input('grid/' || g.name)
  FROM (SELECT DISTINCT grid_id FROM changed_rows JOIN climatebatch.grid_cells USING (cell_id) ORDER BY grid_id) AS c
  JOIN climatebatch.grids AS g USING (grid_id);
  RETURN NULL;
END $$;
CREATE TRIGGER inserted AFTER INSERT ON climatebatch.cell_sources REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.cell_sources_changed();
CREATE TRIGGER updated AFTER UPDATE ON climatebatch.cell_sources REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.cell_sources_changed();
CREATE TRIGGER deleted AFTER DELETE ON climatebatch.cell_sources REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION climatebatch.cell_sources_changed();

CREATE TABLE climatebatch.derived_series (
  scenario_id smallint NOT NULL REFERENCES climatebatch.scenarios,
  grid_id integer NOT NULL REFERENCES climatebatch.grids,
  variable text NOT NULL,
  frequency text NOT NULL CHECK (frequency IN ('daily', 'monthly', 'yearly')),
  rule text NOT NULL,
  PRIMARY KEY (scenario_id, grid_id, variable, frequency)
);
COMMENT ON TABLE climatebatch.derived_series IS 'series that ingest --derive computed from others instead of reading them: some or all years of the variable';
COMMENT ON COLUMN climatebatch.derived_series.rule IS 'from what, and by which formula';
