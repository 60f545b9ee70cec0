-- Results in slots. A batch loads a free slot; publishing moves one pointer row. Readers never wait for a change of tables.

CREATE TABLE climatebatch.slots (
  calculation text NOT NULL CHECK (calculation IN ('probability', 'hazard')),
  slot smallint NOT NULL CHECK (slot BETWEEN 1 AND 4),
  batch_id bigint REFERENCES climatebatch.batches,
  emptied boolean NOT NULL DEFAULT true,
  released_at timestamptz,
  released_xid xid8,
  PRIMARY KEY (calculation, slot)
);
COMMENT ON COLUMN climatebatch.slots.emptied IS 'false from the moment a batch takes the slot until the rows before it are gone';
COMMENT ON COLUMN climatebatch.slots.released_xid IS 'the transaction that published another slot: an older snapshot may still read this one';

CREATE TABLE climatebatch.publications (
  calculation text PRIMARY KEY CHECK (calculation IN ('probability', 'hazard')),
  batch_id bigint REFERENCES climatebatch.batches,
  slot smallint,
  previous_slot smallint,
  published_at timestamptz,
  shown_scenario_id smallint REFERENCES climatebatch.scenarios,
  shown_first_year smallint,
  shown_last_year smallint,
  FOREIGN KEY (calculation, slot) REFERENCES climatebatch.slots
);
COMMENT ON COLUMN climatebatch.publications.shown_scenario_id IS
  'which scenario and period public.probability_results and public.hazard_results show, one row per place and risk: yours to set';

INSERT INTO climatebatch.slots (calculation, slot)
  SELECT calculation, slot FROM unnest(ARRAY['probability', 'hazard']) AS calculation, generate_series(1, 4) AS slot;
INSERT INTO climatebatch.publications (calculation) VALUES ('probability'), ('hazard');

CREATE TABLE climatebatch.probability_rows (
  slot smallint NOT NULL,
  cell_id integer NOT NULL,
  scenario_id smallint NOT NULL,
  first_year smallint NOT NULL,
  last_year smallint NOT NULL,
  years_used smallint NOT NULL,
  block_first_year smallint,
  block_last_year smallint,
  block_years smallint,
  risk climatebatch.risk NOT NULL,
  damage_bins double precision,
  damage_low double precision,
  damage_high double precision,
  damage_continuous double precision,
  damage_change double precision,
  damage_ratio double precision,
  rate_scale double precision,
  rate_set text,
  input text,
  reason text,
  flags text[],
  probabilities double precision[],
  probabilities_low real[],
  probabilities_high real[],
  counts smallint[],
  return_levels real[],
  PRIMARY KEY (slot, cell_id, scenario_id, risk, first_year, last_year)
) PARTITION BY LIST (slot);
COMMENT ON COLUMN climatebatch.probability_rows.damage_bins IS 'expected annual damage rate [1], sum over bins of probability times base rate; low and high: 90 % interval';
COMMENT ON COLUMN climatebatch.probability_rows.damage_change IS 'difference from, damage_ratio ratio to, the same scenario''s base period';

CREATE TABLE climatebatch.hazard_rows (
  slot smallint NOT NULL,
  cell_id integer NOT NULL,
  scenario_id smallint NOT NULL,
  first_year smallint NOT NULL,
  last_year smallint NOT NULL,
  years_used smallint NOT NULL,
  block_first_year smallint,
  block_last_year smallint,
  block_years smallint,
  risk climatebatch.risk NOT NULL,
  value double precision,
  value_low double precision,
  value_high double precision,
  value_change double precision,
  value_ratio double precision,
  undefended_value double precision,
  score double precision,
  score_low double precision,
  score_high double precision,
  input text,
  reason text,
  flags text[],
  companions double precision[],
  PRIMARY KEY (slot, cell_id, scenario_id, risk, first_year, last_year)
) PARTITION BY LIST (slot);
COMMENT ON COLUMN climatebatch.hazard_rows.value IS 'what the score is made from, in the unit of batch_risks; low and high: 90 % interval';

DO $$
BEGIN
  FOR slot IN 1..4 LOOP
    EXECUTE format('CREATE TABLE climatebatch.probability_rows_%s PARTITION OF climatebatch.probability_rows FOR VALUES IN (%s)', slot, slot);
    EXECUTE format('CREATE TABLE climatebatch.hazard_rows_%s PARTITION OF climatebatch.hazard_rows FOR VALUES IN (%s)', slot, slot);
  END LOOP;
END $$;

CREATE FUNCTION climatebatch.bin_data(ranges text[], probabilities double precision[], rates double precision[], rate_scale double precision, counts smallint[])
  RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT json_agg(json_build_object('bin', bin, 'range', ranges[bin], 'probability', probabilities[bin],
    'base_damage_rate', rates[bin] * rate_scale, 'years', counts[bin]) ORDER BY bin)
  FROM generate_subscripts(probabilities, 1) AS bin
$$;

CREATE FUNCTION climatebatch.return_level_data(return_periods smallint[], levels real[], years integer)
  RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT json_agg(json_build_object('return_period', return_periods[at], 'level', nullif(levels[at], 'NaN'),
    'extrapolated', return_periods[at] > years) ORDER BY at)
  FROM generate_subscripts(levels, 1) AS at
$$;

CREATE FUNCTION climatebatch.companion_data(names text[], units text[], companions double precision[])
  RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT json_agg(json_build_object('name', names[at], 'unit', units[at], 'value', nullif(companions[at], 'NaN')) ORDER BY at)
  FROM generate_subscripts(companions, 1) AS at
$$;

CREATE FUNCTION climatebatch.hazard_level(score_100 double precision) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN score_100 < 20 THEN 'Very Low' WHEN score_100 < 40 THEN 'Low' WHEN score_100 < 60 THEN 'Medium'
    WHEN score_100 < 80 THEN 'High' ELSE 'Very High' END
$$;

-- Every result of every slot in words; the views below and export read it. Columns nobody asks for cost nothing.
CREATE VIEW climatebatch.probability_rows_told AS
  SELECT c.latitude, c.longitude, r.risk::text AS risk_type,
    1 - r.probabilities[1] AS probability,
    climatebatch.bin_data(d.ranges, r.probabilities, t.rates, r.rate_scale, r.counts) AS bin_data,
    b.finished_at AS calculated_at,
    s.name AS scenario, r.first_year, r.last_year, (r.first_year + r.last_year) / 2 AS reference_year,
    d.intensity, d.unit, r.probabilities, r.probabilities_low, r.probabilities_high, r.counts,
    r.damage_bins, r.damage_low, r.damage_high, r.damage_continuous, r.damage_change, r.damage_ratio,
    d.impact_type, r.rate_set, r.rate_scale,
    d.return_level_of, d.return_level_unit,
    climatebatch.return_level_data(d.return_periods, r.return_levels,
      coalesce(r.block_years, r.years_used)) AS return_levels,
    r.years_used, r.block_first_year, r.block_last_year, r.block_years, r.input, r.reason, coalesce(r.flags, '{}') AS flags,
    b.specification ->> 'methods' AS methods,
    g.name AS grid, r.slot, k.batch_id, r.cell_id, r.scenario_id, r.risk
  FROM climatebatch.probability_rows AS r
  JOIN climatebatch.slots AS k ON k.calculation = 'probability' AND k.slot = r.slot
  JOIN climatebatch.batches AS b ON b.batch_id = k.batch_id
  JOIN climatebatch.grid_cells AS c ON c.cell_id = r.cell_id
  JOIN climatebatch.grids AS g ON g.grid_id = c.grid_id
  JOIN climatebatch.scenarios AS s ON s.scenario_id = r.scenario_id
  LEFT JOIN climatebatch.batch_risks AS d ON d.batch_id = k.batch_id AND d.risk = r.risk
  LEFT JOIN climatebatch.batch_rate_sets AS t ON t.batch_id = k.batch_id AND t.risk = r.risk AND t.rate_set = r.rate_set;

CREATE VIEW climatebatch.hazard_rows_told AS
  SELECT c.latitude, c.longitude, r.risk::text AS risk_type,
    round((r.score / 100)::numeric, 4)::double precision AS hazard_score,
    round(r.score::numeric, 2)::double precision AS hazard_score_100,
    climatebatch.hazard_level(round(r.score::numeric, 2)::double precision) AS hazard_level,
    b.finished_at AS calculated_at,
    s.name AS scenario, r.first_year, r.last_year, (r.first_year + r.last_year) / 2 AS reference_year,
    d.intensity, d.unit, r.value, r.value_low, r.value_high, r.value_change, r.value_ratio, r.undefended_value,
    r.score, r.score_low, r.score_high,
    climatebatch.companion_data(d.companions, d.companion_units, r.companions) AS companions,
    r.years_used, r.block_first_year, r.block_last_year, r.block_years, r.input, r.reason, coalesce(r.flags, '{}') AS flags,
    b.specification ->> 'methods' AS methods,
    g.name AS grid, r.slot, k.batch_id, r.cell_id, r.scenario_id, r.risk
  FROM climatebatch.hazard_rows AS r
  JOIN climatebatch.slots AS k ON k.calculation = 'hazard' AND k.slot = r.slot
  JOIN climatebatch.batches AS b ON b.batch_id = k.batch_id
  JOIN climatebatch.grid_cells AS c ON c.cell_id = r.cell_id
  JOIN climatebatch.grids AS g ON g.grid_id = c.grid_id
  JOIN climatebatch.scenarios AS s ON s.scenario_id = r.scenario_id
  LEFT JOIN climatebatch.batch_risks AS d ON d.batch_id = k.batch_id AND d.risk = r.risk;

-- What is published: every scenario and period in climatebatch; one row per place and risk in public, as it always was.
CREATE VIEW climatebatch.probability_results AS
  SELECT * FROM climatebatch.probability_rows_told
  WHERE slot = (SELECT slot FROM climatebatch.publications WHERE calculation = 'probability');
CREATE VIEW climatebatch.hazard_results AS
  SELECT * FROM climatebatch.hazard_rows_told
  WHERE slot = (SELECT slot FROM climatebatch.publications WHERE calculation = 'hazard');

CREATE VIEW public.probability_results AS
  SELECT * FROM climatebatch.probability_results
  WHERE scenario_id = (SELECT shown_scenario_id FROM climatebatch.publications WHERE calculation = 'probability')
    AND first_year = (SELECT shown_first_year FROM climatebatch.publications WHERE calculation = 'probability')
    AND last_year = (SELECT shown_last_year FROM climatebatch.publications WHERE calculation = 'probability');
CREATE VIEW public.hazard_results AS
  SELECT * FROM climatebatch.hazard_results
  WHERE scenario_id = (SELECT shown_scenario_id FROM climatebatch.publications WHERE calculation = 'hazard')
    AND first_year = (SELECT shown_first_year FROM climatebatch.publications WHERE calculation = 'hazard')
    AND last_year = (SELECT shown_last_year FROM climatebatch.publications WHERE calculation = 'hazard');

CREATE VIEW public.batch_job_logs AS
  SELECT b.batch_id AS id, b.calculation AS job_type,
    CASE b.state WHEN 'complete' THEN 'completed' ELSE b.state END AS status,
    b.started_at, b.finished_at AS completed_at, b.message AS error_message, b.reason AS error_reason,
    b.cells AS total_cells, n.done_cells AS processed_cells, n.rejected_cells,
    EXISTS (SELECT FROM climatebatch.publications AS p WHERE p.batch_id = b.batch_id) AS published
  FROM climatebatch.batches AS b
  LEFT JOIN LATERAL (
    SELECT coalesce(sum(cells) FILTER (WHERE state = 'done'), 0) AS done_cells, coalesce(sum(rejected_cells), 0) AS rejected_cells
    FROM climatebatch.batch_shards AS s WHERE s.batch_id = b.batch_id
  ) AS n ON true;
