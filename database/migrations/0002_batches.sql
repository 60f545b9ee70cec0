-- A batch, the inputs it pinned, its shards, what it refused to compute, and how its numbers are described.

CREATE TYPE climatebatch.risk AS ENUM ('coastal_flood', 'cold_wave', 'drought', 'high_temperature', 'inland_flood',
  'typhoon', 'urban_flood', 'water_scarcity', 'wildfire');

CREATE TABLE climatebatch.batches (
  batch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  calculation text NOT NULL CHECK (calculation IN ('probability', 'hazard', 'all')),
  specification jsonb NOT NULL,
  specification_key text NOT NULL,
  grid_id integer NOT NULL REFERENCES climatebatch.grids,
  state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'complete', 'failed', 'cancelled')),
  reason text,
  message text,
  max_rejected_cells bigint,
  cells bigint NOT NULL DEFAULT 0,
  job_attempt integer NOT NULL DEFAULT 1,
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE INDEX batches_unfinished ON climatebatch.batches (specification_key) WHERE state = 'running';
CREATE INDEX batches_recent ON climatebatch.batches (started_at DESC);
COMMENT ON COLUMN climatebatch.batches.specification_key IS 'the specification in canonical form: equal keys ask for the same results';
COMMENT ON COLUMN climatebatch.batches.max_rejected_cells IS 'more rejected cells fail the batch; null: no limit';

CREATE TABLE climatebatch.batch_inputs (
  batch_id bigint NOT NULL REFERENCES climatebatch.batches,
  input text NOT NULL,
  revision bigint NOT NULL,
  PRIMARY KEY (batch_id, input)
);

CREATE TABLE climatebatch.batch_shards (
  batch_id bigint NOT NULL REFERENCES climatebatch.batches,
  shard integer NOT NULL,
  first_cell integer NOT NULL,
  last_cell integer NOT NULL,
  cells integer NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'running', 'done', 'failed')),
  attempt integer NOT NULL DEFAULT 0,
  job_attempt integer NOT NULL DEFAULT 1,
  job_index integer NOT NULL,
  worker text,
  started_at timestamptz,
  finished_at timestamptz,
  result_rows bigint,
  rejected_cells integer,
  error_reason text,
  error_message text,
  PRIMARY KEY (batch_id, shard),
  UNIQUE (batch_id, job_attempt, job_index)
);
COMMENT ON COLUMN climatebatch.batch_shards.attempt IS 'grows with every claim; only the holder of the latest may finish the shard';
COMMENT ON COLUMN climatebatch.batch_shards.job_index IS 'completion index of the Job (or child process) that computes the shard';

CREATE TABLE climatebatch.rejected_cells (
  batch_id bigint NOT NULL REFERENCES climatebatch.batches,
  shard integer NOT NULL,
  cell_id integer NOT NULL,
  scenario_id smallint NOT NULL,
  risk climatebatch.risk NOT NULL,
  reason text NOT NULL,
  detail text NOT NULL,
  PRIMARY KEY (batch_id, cell_id, scenario_id, risk)
);
COMMENT ON TABLE climatebatch.rejected_cells IS 'present but implausible input; at most 100 a shard, risk and reason: rejected_counts has them all';

CREATE TABLE climatebatch.rejected_counts (
  batch_id bigint NOT NULL REFERENCES climatebatch.batches,
  shard integer NOT NULL,
  risk climatebatch.risk NOT NULL,
  reason text NOT NULL,
  cells bigint NOT NULL,
  PRIMARY KEY (batch_id, shard, risk, reason)
);

CREATE TABLE climatebatch.batch_risks (
  batch_id bigint NOT NULL REFERENCES climatebatch.batches,
  risk climatebatch.risk NOT NULL,
  intensity text NOT NULL,
  unit text NOT NULL,
  ranges text[] NOT NULL,
  impact_type text NOT NULL,
  return_periods smallint[] NOT NULL,
  return_level_of text NOT NULL,
  return_level_unit text NOT NULL,
  companions text[] NOT NULL,
  companion_units text[] NOT NULL,
  PRIMARY KEY (batch_id, risk)
);
COMMENT ON TABLE climatebatch.batch_risks IS 'what the arrays of the result rows mean, once per batch and risk';

CREATE TABLE climatebatch.batch_rate_sets (
  batch_id bigint NOT NULL REFERENCES climatebatch.batches,
  risk climatebatch.risk NOT NULL,
  rate_set text NOT NULL,
  rates double precision[] NOT NULL,
  PRIMARY KEY (batch_id, risk, rate_set)
);
COMMENT ON COLUMN climatebatch.batch_rate_sets.rates IS 'base damage rate of each bin: expected annual loss ratio given that the year falls in the bin';
