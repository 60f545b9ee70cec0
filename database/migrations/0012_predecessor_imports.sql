-- How far each table of a predecessor's database has been imported, so that an import that was interrupted goes on where it stood.

CREATE TABLE climatebatch.predecessor_imports (
  source text NOT NULL,
  relation text NOT NULL,
  grid text NOT NULL,
  after_latitude double precision,
  after_longitude double precision,
  finished_at timestamptz,
  PRIMARY KEY (source, relation, grid)
);
COMMENT ON COLUMN climatebatch.predecessor_imports.source IS 'host:port/database, or this database, taken over';
COMMENT ON COLUMN climatebatch.predecessor_imports.after_latitude IS 'places are read in order of latitude and longitude; up to this one all is stored';
