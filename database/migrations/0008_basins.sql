-- Water of river basins, summed over their cells before a batch: what a shard cannot know from its own cells alone.

CREATE TABLE climatebatch.basin_sets (
  basin_set_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  grid_id integer NOT NULL REFERENCES climatebatch.grids,
  scenario_id smallint NOT NULL REFERENCES climatebatch.scenarios,
  first_year smallint NOT NULL,
  last_year smallint NOT NULL,
  base_first_year smallint NOT NULL,
  base_last_year smallint NOT NULL,
  inputs jsonb NOT NULL,
  UNIQUE (grid_id, scenario_id, first_year, last_year, base_first_year, base_last_year)
);
COMMENT ON COLUMN climatebatch.basin_sets.inputs IS 'revision of each input the sums were made from; a batch refuses them once one has grown';

CREATE TABLE climatebatch.basin_water (
  basin_set_id integer NOT NULL REFERENCES climatebatch.basin_sets ON DELETE CASCADE,
  basin bigint NOT NULL,
  cells integer NOT NULL,
  area double precision NOT NULL,
  supply double precision[] NOT NULL,
  withdrawal double precision[] NOT NULL,
  input text NOT NULL,
  flags text[] NOT NULL,
  PRIMARY KEY (basin_set_id, basin)
);
COMMENT ON TABLE climatebatch.basin_water IS 'made by climatebatch basins; a batch refuses sums older than its inputs';
COMMENT ON COLUMN climatebatch.basin_water.area IS 'km2 of the cells summed';
COMMENT ON COLUMN climatebatch.basin_water.supply IS 'm3 of each year of the period, NaN where a year is missing; withdrawal likewise';
