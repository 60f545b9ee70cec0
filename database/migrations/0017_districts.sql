-- The district of a cell, for portfolios without coordinates and for rankings. No input: no result depends on it.

CREATE TABLE climatebatch.cell_districts (
  cell_id integer PRIMARY KEY REFERENCES climatebatch.grid_cells ON DELETE CASCADE,
  district text NOT NULL CHECK (district <> '' AND district = btrim(district))
);
COMMENT ON TABLE climatebatch.cell_districts IS 'the district that each cell lies in, where it was loaded';
COMMENT ON COLUMN climatebatch.cell_districts.district IS 'name or code, as climatebatch load ground read it';
